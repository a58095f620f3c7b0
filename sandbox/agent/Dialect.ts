import type * as Effect from "effect/Effect"
import type { ParseError } from "effect/ParseResult"
import type { ModelRequest } from "./LanguageModel.ts"
import type { Reply } from "./Transcript.ts"

/** How one of the model APIs is spoken: pure translation, no transport. */
export interface Dialect {
  /** Behind the base URL, which is as the API's own SDK takes it. */
  readonly path: string
  readonly headers: (apiKey: string) => Record<string, string>
  /** The body of a request, to be written as JSON. */
  readonly encode: (model: string, request: ModelRequest) => object
  /** Reads the body of an answer with status 200. */
  readonly decode: (body: string) => Effect.Effect<Reply, ParseError>
}
