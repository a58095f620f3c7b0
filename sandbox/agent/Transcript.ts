import * as Data from "effect/Data"

/** A tool call from the model. `input` is as the model wrote it: not decoded, perhaps not even JSON. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly input: unknown
}

/** The result of a tool call, in words for the model. */
export interface ToolResult {
  readonly callId: string
  readonly text: string
  readonly failed: boolean
}

/** Tokens as counted by the API; input includes cached tokens. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
}

/** One reply of the model. */
export interface Reply {
  /** The API's message, returned unchanged in the next request: it may contain data that only the API understands. */
  readonly raw: unknown
  readonly text: string
  readonly calls: ReadonlyArray<ToolCall>
  /** `length`: the reply was cut at the output limit. */
  readonly stop: "end" | "length"
  readonly usage: Usage
}

/**
 * A conversation: the first task, then replies of the model, each followed by the results of all its tool calls or by
 * another message from the user.
 */
export type Turn = Data.TaggedEnum<{
  readonly User: {
    readonly text: string
    /** Somebody asked for this; absent where the agent itself wrote it. */
    readonly isPrompt?: true
    /** What the repository says to those who work on it, given with the first prompt. */
    readonly instructions?: string
  }
  readonly Model: { readonly reply: Reply }
  readonly Tools: { readonly results: ReadonlyArray<ToolResult> }
}>

export const Turn = Data.taggedEnum<Turn>()

export type Transcript = ReadonlyArray<Turn>

const turnSize = Turn.$match({
  User: ({ instructions = "", text }) => text.length + instructions.length,
  Model: ({ reply }) => JSON.stringify(reply.raw).length,
  Tools: ({ results }) => results.reduce((size, result) => size + result.text.length, 0)
})

/** The size of a conversation in characters. It limits the growth, as tokens are known only afterwards. */
export const size = (transcript: Transcript): number => transcript.reduce((sum, turn) => sum + turnSize(turn), 0)
