import * as Data from "effect/Data"

/** What the model wants done. `input` is as the model wrote it: not decoded, perhaps not even JSON. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly input: unknown
}

/** What came of a tool call, in words for the model. */
export interface ToolResult {
  readonly callId: string
  readonly text: string
  readonly failed: boolean
}

/** Tokens, as the API counts them; input includes what came from its cache. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
}

/** One reply of the model. */
export interface Reply {
  /** The message as the API wrote it, echoed untouched in the next request: it may hold what only the API knows. */
  readonly raw: unknown
  readonly text: string
  readonly calls: ReadonlyArray<ToolCall>
  /** `length`: the reply was cut at the limit of output tokens. */
  readonly stop: "end" | "length"
  readonly usage: Usage
}

/**
 * A conversation is the task, then replies of the model, each followed by the results of all its tool calls or by more
 * words of the user.
 */
export type Turn = Data.TaggedEnum<{
  readonly User: { readonly text: string }
  readonly Model: { readonly reply: Reply }
  readonly Tools: { readonly results: ReadonlyArray<ToolResult> }
}>

export const Turn = Data.taggedEnum<Turn>()

export type Transcript = ReadonlyArray<Turn>

const turnSize = Turn.$match({
  User: ({ text }) => text.length,
  Model: ({ reply }) => JSON.stringify(reply.raw).length,
  Tools: ({ results }) => results.reduce((size, result) => size + result.text.length, 0)
})

/** The size of a conversation in characters: what limits its growth, as tokens are only known afterwards. */
export const size = (transcript: Transcript): number => transcript.reduce((sum, turn) => sum + turnSize(turn), 0)
