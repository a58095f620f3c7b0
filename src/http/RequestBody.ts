/** Reads a request's JSON body, at most 1 MiB, however it is sent. */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { InvalidRequest } from "../domain/SessionRequest.ts"
import * as Json from "../services/support/Json.ts"
import * as Decoding from "./Decoding.ts"
import { PayloadTooLarge, UnsupportedMediaType } from "./Errors.ts"

const maximumBytes = 1024 * 1024

export type BodyError = InvalidRequest | PayloadTooLarge | UnsupportedMediaType

const isJson = (contentType: string | undefined): boolean => {
  const type = contentType?.split(";")[0]?.trim().toLowerCase() ?? ""
  return type === "application/json" || (type.startsWith("application/") && type.endsWith("+json"))
}

const collect = (
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<Buffer, PayloadTooLarge | InvalidRequest> =>
  Effect.suspend(() => {
    const incoming = NodeHttpServerRequest.toIncomingMessage(request)
    // Do not wait for a body that is too large, but let it run out instead of cutting it off: a client that is still
    // sending would never see the response.
    return NodeStream.fromReadable<InvalidRequest, Uint8Array>(
      () => incoming,
      () => new InvalidRequest({ reason: "the body ended early" }),
      { closeOnDone: false }
    ).pipe(
      Stream.runFoldEffect({ chunks: Chunk.empty<Uint8Array>(), size: 0 }, ({ chunks, size }, chunk) =>
        size + chunk.byteLength > maximumBytes
          ? new PayloadTooLarge()
          : Effect.succeed({ chunks: Chunk.append(chunks, chunk), size: size + chunk.byteLength })),
      Effect.map(({ chunks, size }) =>
        Buffer.concat(Chunk.toReadonlyArray(chunks), size)
      ),
      Effect.ensuring(Effect.sync(() => incoming.resume()))
    )
  })

/** The bytes of a JSON body; empty if there is no body. */
export const bytes: Effect.Effect<Buffer, BodyError, HttpServerRequest.HttpServerRequest> = Effect.gen(function*() {
  const request = yield* HttpServerRequest.HttpServerRequest
  const { "content-length": length, "content-type": contentType, "transfer-encoding": encoding } = request.headers
  const size = encoding === undefined ? Number(length ?? 0) : undefined
  if (size === 0) return Buffer.alloc(0)
  // only what was sent needs a media type: a body of unknown size may be empty
  if (size !== undefined && !isJson(contentType)) return yield* new UnsupportedMediaType()
  if (size !== undefined && size > maximumBytes) return yield* new PayloadTooLarge()
  const body = yield* collect(request)
  return body.length > 0 && !isJson(contentType) ? yield* new UnsupportedMediaType() : body
})

const parseJson = Schema.decode(Schema.parseJson())
const unreadable = () => new InvalidRequest({ reason: "the body is not valid JSON in UTF-8" })

/** Parses the bytes as JSON. */
export const parse = (body: Uint8Array): Effect.Effect<unknown, InvalidRequest> =>
  Effect.try({ try: () => new TextDecoder("utf-8", { fatal: true }).decode(body), catch: unreadable }).pipe(
    Effect.filterOrFail(
      (text) => !Json.isDeeperThan(text, Json.maximumDepth),
      () => new InvalidRequest({ reason: `the body nests arrays and objects deeper than ${Json.maximumDepth} levels` })
    ),
    Effect.flatMap((text) => Effect.mapError(parseJson(text), unreadable))
  )

export interface Body<A> {
  readonly value: A
  /** The original value, before unknown fields were dropped. */
  readonly raw: unknown
}

/** Reads and decodes the body. A missing body counts as `{}`. */
export const json = <A, I>(
  schema: Schema.Schema<A, I>
): Effect.Effect<Body<A>, BodyError, HttpServerRequest.HttpServerRequest> => {
  const decode = Schema.decodeUnknown(schema)
  return Effect.gen(function*() {
    const body = yield* bytes
    const raw = body.length === 0 ? {} : yield* parse(body)
    return { value: yield* Effect.mapError(decode(raw), Decoding.fromParseError), raw }
  })
}
