import type * as Effect from "effect/Effect"
import type { ParseError } from "effect/ParseResult"
import type { ModelRequest } from "./LanguageModel.ts"
import type { Reply, ToolCall } from "./Transcript.ts"

export type DialectName = "anthropic" | "openai"

/** A model API's wire format: pure translation, no transport. */
export interface Dialect {
  readonly name: DialectName
  /** The path after the base URL, which is in the form that the API's SDK expects. */
  readonly path: string
  readonly headers: (apiKey: string) => Record<string, string>
  /** The body of a request, to be encoded as JSON. */
  readonly encode: (model: string, request: ModelRequest) => object
  /** A message as this API would have sent it (`Reply.raw`). */
  readonly raw: (text: string, calls: ReadonlyArray<ToolCall>) => unknown
  /** Decodes the body of a response with status 200. */
  readonly decode: (body: string) => Effect.Effect<Reply, ParseError>
}
