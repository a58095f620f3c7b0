/** The body of a model call on its way out. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Json from "../support/Json.ts"
import type { ConnectionError, Request } from "./GatewayServer.ts"
import type { Dialect } from "./UsageMeter.ts"

/** A body that has to be read to be passed on is larger than the providers take. */
export class BodyTooLarge extends Schema.TaggedError<BodyTooLarge>()("BodyTooLarge", { limitBytes: Schema.Int }) {
  override get message() {
    return `The request is larger than ${this.limitBytes / 1024 ** 2} MiB.`
  }
}

const limitBytes = 32 * 1024 * 1024

const JsonObject = Json.parse(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
const decode = Schema.decodeEither(JsonObject)
const encode = Schema.encodeSync(JsonObject)

/**
 * Chat Completions tell their usage in a stream only if asked to. The caller then gets one chunk more, without choices.
 * Whatever is not such a request stays as it is.
 */
export const askForUsage = (json: string): string =>
  Either.match(decode(json), {
    onLeft: () => json,
    onRight: (body) => {
      const options = Predicate.isRecord(body["stream_options"]) ? body["stream_options"] : {}
      return body["stream"] !== true || options["include_usage"] === true
        ? json
        : encode({ ...body, stream_options: { ...options, include_usage: true } })
    }
  })

const readAll = (request: Request) =>
  request.body.pipe(
    Stream.runFoldEffect({ parts: Chunk.empty<Uint8Array>(), size: 0 }, ({ parts, size }, part) =>
      size + part.length > limitBytes
        ? new BodyTooLarge({ limitBytes })
        : Effect.succeed({ parts: Chunk.append(parts, part), size: size + part.length })),
    Effect.map(({ parts }) => {
      const decoder = new TextDecoder()
      return Chunk.join(
        Chunk.map(parts, (part) =>
          decoder.decode(part, { stream: true })),
        ""
      ) + decoder.decode()
    })
  )

/** Passes a body on as it comes; only a chat call's is read first. */
export const forward = (
  request: Request,
  dialect: Dialect | undefined
): Effect.Effect<HttpBody.HttpBody, BodyTooLarge | ConnectionError> => {
  const { "content-length": length, "content-type": contentType = "application/json" } = request.headers
  if (request.method === "GET" || request.method === "HEAD") return Effect.succeed(HttpBody.empty)
  return dialect === "openai-chat"
    ? Effect.map(readAll(request), (json) => HttpBody.text(askForUsage(json), contentType))
    : Effect.succeed(HttpBody.stream(request.body, contentType, length === undefined ? undefined : Number(length)))
}
