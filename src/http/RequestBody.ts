/** Reads a request's JSON body, at most 1 MiB, however it is sent. */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as Http from "node:http"
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

/** Listens to the request itself: a `Stream` of a single chunk costs more than all that is done with the body. */
const collect = (
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<Buffer, PayloadTooLarge | InvalidRequest> =>
  Effect.suspend(() => {
    const incoming = NodeHttpServerRequest.toIncomingMessage(request)
    const whole = takeWhole(incoming)
    return whole === undefined ? listen(incoming) : Effect.succeed(whole)
  })

/**
 * The body, if all of it is here: a short one arrives with its headers, and to wait for its events takes a turn and
 * fifteen of Effect's operations. (`complete` is set when the request was parsed to its end.)
 */
const takeWhole = (incoming: Http.IncomingMessage): Buffer | undefined => {
  if (!incoming.complete || incoming.destroyed || incoming.readableEnded) return undefined
  if (incoming.readableLength === 0 || incoming.readableLength > maximumBytes) return undefined
  const body: unknown = incoming.read()
  return Buffer.isBuffer(body) ? body : undefined
}

const listen = (incoming: Http.IncomingMessage): Effect.Effect<Buffer, PayloadTooLarge | InvalidRequest> =>
  Effect.async((resume) => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    const release = () => {
      incoming.off("data", onData).off("end", onEnd).off("error", onBroken).off("close", onBroken)
      // Do not wait for a body that is too large, but let it run out instead of cutting it off: a client that is still
      // sending would never see the response.
      incoming.on("error", () => undefined).resume()
    }
    const conclude = (result: Effect.Effect<Buffer, PayloadTooLarge | InvalidRequest>) => {
      release()
      resume(result)
    }
    const onData = (chunk: Uint8Array) => {
      size += chunk.byteLength
      if (size > maximumBytes) conclude(new PayloadTooLarge())
      else chunks.push(chunk)
    }
    const onEnd = () => conclude(Effect.succeed(Buffer.concat(chunks, size)))
    const onBroken = () => conclude(new InvalidRequest({ reason: "the body ended early" }))
    if (incoming.readableEnded) return onEnd()
    if (incoming.destroyed) return onBroken()
    incoming.on("data", onData).on("end", onEnd).on("error", onBroken).on("close", onBroken)
    return Effect.sync(release)
  })

/** The bytes of a JSON body; empty if there is no body. */
export const bytes: Effect.Effect<Buffer, BodyError, HttpServerRequest.HttpServerRequest> = Effect.flatMap(
  HttpServerRequest.HttpServerRequest,
  (request) => bytesOf(request)
)

const bytesOf = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<Buffer, BodyError> => {
  const { "content-length": length, "content-type": contentType, "transfer-encoding": encoding } = request.headers
  const size = encoding === undefined ? Number(length ?? 0) : undefined
  if (size === 0) return Effect.succeed(Buffer.alloc(0))
  // only what was sent needs a media type: a body of unknown size may be empty
  if (size !== undefined && !isJson(contentType)) return new UnsupportedMediaType()
  if (size !== undefined && size > maximumBytes) return new PayloadTooLarge()
  const body = collect(request)
  return isJson(contentType)
    ? body
    : Effect.filterOrFail(body, ({ length }) => length === 0, () => new UnsupportedMediaType())
}

const parseJson = Schema.decodeEither(Schema.parseJson())
const utf8 = new TextDecoder("utf-8", { fatal: true })
const unreadable = () => new InvalidRequest({ reason: "the body is not valid JSON in UTF-8" })

/** Parses the bytes as JSON. */
export const parse = (body: Uint8Array): Either.Either<unknown, InvalidRequest> =>
  Either.try({ try: () => utf8.decode(body), catch: unreadable }).pipe(
    Either.filterOrLeft(
      (text) => !Json.isDeeperThan(text, Json.maximumDepth),
      () => new InvalidRequest({ reason: `the body nests arrays and objects deeper than ${Json.maximumDepth} levels` })
    ),
    Either.flatMap((text) => Either.mapLeft(parseJson(text), unreadable))
  )

export interface Body<A> {
  readonly value: A
  /** The original value, before unknown fields were dropped. */
  readonly raw: unknown
}

/** Makes a function that reads and decodes a request's body. A missing body counts as `{}`. */
export const reader = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknownEither(schema)
  const decoded = (raw: unknown): Either.Either<Body<A>, InvalidRequest> =>
    Either.mapBoth(decode(raw), { onLeft: Decoding.fromParseError, onRight: (value) => ({ value, raw }) })
  return (request: HttpServerRequest.HttpServerRequest): Effect.Effect<Body<A>, BodyError> =>
    Effect.flatMap(bytesOf(request), (body) => body.length === 0 ? decoded({}) : Either.flatMap(parse(body), decoded))
}

/** Reads and decodes the body. A missing body counts as `{}`. */
export const json = <A, I>(
  schema: Schema.Schema<A, I>
): Effect.Effect<Body<A>, BodyError, HttpServerRequest.HttpServerRequest> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, reader(schema))
