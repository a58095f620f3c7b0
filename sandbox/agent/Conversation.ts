import * as Data from "effect/Data"
import { type Reply, type ToolCall, type Transcript, Turn, type Usage } from "./Transcript.ts"

/** Where the agent stands. */
export interface Conversation {
  readonly transcript: Transcript
  readonly usage: Usage
  /** Replies received. */
  readonly steps: number
  /** What the model said last: the answer, once it has finished. */
  readonly words: string
  /** Whether those words were cut at the limit of output tokens, so that the next ones continue them. */
  readonly cut: boolean
}

export const initial = (prompt: string): Conversation => ({
  transcript: [Turn.User({ text: prompt })],
  usage: { inputTokens: 0, outputTokens: 0 },
  steps: 0,
  words: "",
  cut: false
})

const wordsAfter = ({ cut, words }: Conversation, { text }: Reply) => {
  if (text === "") return words
  return cut ? words + text : text
}

/** Takes a reply in. */
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
 * A reply without a tool call is the end. One that was cut at the output limit is not: words are continued, and none of
 * its calls is run, as the last one may lack a part.
 */
export const next = ({ calls, stop }: Reply): Next => {
  if (stop === "end") return calls.length === 0 ? Next.Finish() : Next.RunTools({ calls })
  return Next.Say({
    turn: calls.length === 0
      ? Turn.User({ text: goOn })
      : Turn.Tools({ results: calls.map(({ id }) => ({ callId: id, text: notRun, failed: true })) })
  })
}
