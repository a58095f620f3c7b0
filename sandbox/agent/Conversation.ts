import * as Data from "effect/Data"
import { type Reply, type ToolCall, type Transcript, Turn, type Usage } from "./Transcript.ts"

/** The state of the agent's conversation while it works on a prompt. */
export interface Conversation {
  readonly transcript: Transcript
  readonly usage: Usage
  /** The number of replies received. */
  readonly steps: number
  /** The model's latest text: the answer, once it has finished. */
  readonly words: string
  /** Whether that text was cut at the output limit, so that the next reply continues it. */
  readonly cut: boolean
}

/** What somebody asks for, and what the repository says if it is the beginning. */
export interface Asked {
  readonly prompt: string
  readonly instructions?: string
}

/** Goes on with an earlier conversation, which may be empty. Usage and steps count anew. */
export const ask = (before: Transcript, { instructions, prompt }: Asked): Conversation => ({
  transcript: [
    ...before,
    Turn.User({ text: prompt, isPrompt: true, ...(instructions === undefined ? {} : { instructions }) })
  ],
  usage: { inputTokens: 0, outputTokens: 0 },
  steps: 0,
  words: "",
  cut: false
})

const wordsAfter = ({ cut, words }: Conversation, { text }: Reply) => {
  if (text === "") return words
  return cut ? words + text : text
}

/** Adds a reply to the conversation. */
export const received = (before: Conversation, reply: Reply): Conversation => ({
  transcript: [...before.transcript, Turn.Model({ reply })],
  usage: {
    inputTokens: before.usage.inputTokens + reply.usage.inputTokens,
    outputTokens: before.usage.outputTokens + reply.usage.outputTokens
  },
  steps: before.steps + 1,
  words: wordsAfter(before, reply),
  cut: reply.stop === "length" && reply.calls.length === 0
})

/** What comes after a reply. */
export type Next = Data.TaggedEnum<{
  readonly RunTools: { readonly calls: ReadonlyArray<ToolCall> }
  readonly Say: { readonly turn: Turn }
  readonly Finish: {}
}>

export const Next = Data.taggedEnum<Next>()

const goOn = "Your reply was cut off at the output limit. Continue exactly where it stopped."

const notRun =
  "Not run: your reply was cut off at the output limit, so that the call may be incomplete. Make smaller " +
  "calls: write a long file in several parts."

/**
 * A reply without a tool call is the end, unless it was cut at the output limit: text is then continued, and none of
 * its calls is run, as the last one may be incomplete.
 */
export const next = ({ calls, stop }: Reply): Next => {
  if (stop === "end") return calls.length === 0 ? Next.Finish() : Next.RunTools({ calls })
  return Next.Say({
    turn: calls.length === 0
      ? Turn.User({ text: goOn })
      : Turn.Tools({ results: calls.map(({ id }) => ({ callId: id, text: notRun, failed: true })) })
  })
}
