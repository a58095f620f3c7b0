import type * as Effect from "effect/Effect"
import type { ParseError } from "effect/ParseResult"
import type { ModelRequest } from "./LanguageModel.ts"
import type { Reply } from "./Transcript.ts"

/** A model API's wire format: pure translation, no transport. */
export interface Dialect {
  /** The path after the base URL, which is in the form that the API's SDK expects. */
  readonly path: string
  readonly headers: (apiKey: string) => Record<string, string>
  /** The body of a request, to be encoded as JSON. */
  readonly encode: (model: string, request: ModelRequest) => object
  /** Decodes the body of a response with status 200. */
  readonly decode: (body: string) => Effect.Effect<Reply, ParseError>
}
