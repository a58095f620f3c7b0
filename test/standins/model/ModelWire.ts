/**
 * What the dialects of the model stand-in have in common: the shape of a dialect, server-sent events, and how a
 * request body that does not fit is turned into one named fault.
 */
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { ModelAnswer, ModelDialect, ModelPrompt, ModelRefusal, ModelRequest } from "./ModelScript.ts"

export type Headers = Readonly<Record<string, string>>

/** An answer in both forms: one JSON text, or the frames of a stream. */
export interface Rendered {
  readonly json: string
  readonly frames: ReadonlyArray<string>
}

/** One protocol, from the bytes of a request to the bytes of an answer. */
export interface ModelWire {
  readonly dialect: ModelDialect
  /** Refuses whoever does not show the right key as the service wants it shown. */
  readonly authenticate: (headers: Headers, expectedKey: string | undefined) => Either.Either<void, ModelRefusal>
  /** Reads a body, or refuses it as the service would. */
  readonly admit: (body: unknown, headers: Headers) => Effect.Effect<ModelPrompt, ModelRefusal>
  readonly answer: (request: ModelRequest, answer: ModelAnswer) => Effect.Effect<Rendered>
  readonly refuse: (refusal: ModelRefusal) => { readonly headers: Headers; readonly body: string }
  /** What the service says when it has no capacity left, as a status and as a frame in the middle of a stream. */
  readonly overloaded: { readonly refusal: ModelRefusal; readonly frame: string }
}

/** One server-sent event. */
export const frame = (data: unknown, event?: string): string =>
  `${event === undefined ? "" : `event: ${event}\n`}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`

/** The first thing in a body that does not fit. */
export interface Misfit {
  readonly kind: "missing" | "unknown" | "wrong"
  /** Where, from the body's root. */
  readonly path: ReadonlyArray<PropertyKey>
  readonly detail: string
}

/** A decoder for whole bodies: fields that neither the schema nor `ignored` names are refused too. */
export const decodeBody = <Fields extends Schema.Struct.Fields>(
  schema: Schema.Struct<Fields> & Schema.Schema<Schema.Struct.Type<Fields>, Schema.Struct.Encoded<Fields>>,
  ignored: ReadonlyArray<string>
) => {
  const known = new Set([...Object.keys(schema.fields), ...ignored])
  const decode = Schema.decodeUnknownEither(schema)
  return (body: unknown): Either.Either<Schema.Struct.Type<Fields>, Misfit> => {
    const stranger = Predicate.isRecord(body) ? Object.keys(body).find((key) => !known.has(key)) : undefined
    return stranger !== undefined
      ? Either.left({ kind: "unknown", path: [stranger], detail: "is not a field of this request" })
      : Either.mapLeft(decode(body), (error) => {
        const issue = ParseResult.ArrayFormatter.formatErrorSync(error)[0]
        return {
          kind: issue?._tag === "Missing" ? "missing" : "wrong",
          path: issue?.path ?? [],
          detail: issue?.message ?? error.message
        }
      })
  }
}
