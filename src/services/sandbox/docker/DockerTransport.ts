/**
 * Speaks to the container engine: HTTP over a unix socket or TCP, in the newest API version that both sides support.
 * Every response is either successful or one of the failures in `DockerErrors.ts`.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { EngineConflict, EngineNotFound, EngineRefused, EngineUnreachable } from "./DockerErrors.ts"
import { EngineMessage } from "./DockerSchema.ts"

/** The newest API version that this client supports, and the version of an engine that does not report one (20.10). */
const newest = "1.44"
const oldest = "1.41"

const minor = (version: string): number => Number(version.split(".")[1])

/** The newest version that both sides support. */
export const commonVersion = (engine: string | undefined): string =>
  engine === undefined || !/^1\.\d+$/.test(engine) ? oldest : minor(engine) < minor(newest) ? engine : newest

const endpointOf = (host: string) => {
  const [scheme, rest = ""] = host.split("://")
  switch (scheme) {
    case "unix":
      return { origin: "http://docker", connect: { socketPath: rest } }
    case "tcp":
    case "http":
      return { origin: `http://${rest}`, connect: {} }
    default:
      return { origin: undefined, connect: {} }
  }
}

/** Connects to an engine for the lifetime of the scope. Sends nothing before the first request. */
export const make = Effect.fnUntraced(function*(host: string) {
  const endpoint = endpointOf(host)
  const dispatcher = yield* Effect.acquireRelease(
    Effect.sync(() => new Undici.Agent({ connect: endpoint.connect, bodyTimeout: 0, headersTimeout: 0 })),
    (agent) => Effect.promise(() => agent.destroy())
  )
  const client = NodeHttpClient.makeUndici(dispatcher).pipe(HttpClient.withTracerPropagation(false))
  const negotiated = yield* Ref.make(Option.none<string>())

  const unreachable = (error: HttpClientError.HttpClientError) =>
    new EngineUnreachable({ host, reason: error.cause instanceof Error ? error.cause.message : error.message })

  const execute = (
    request: HttpClientRequest.HttpClientRequest
  ): Effect.Effect<HttpClientResponse.HttpClientResponse, EngineUnreachable> =>
    endpoint.origin === undefined
      ? new EngineUnreachable({ host, reason: "the address must be unix:///… or tcp://…" })
      : Effect.mapError(client.execute(HttpClientRequest.prependUrl(request, endpoint.origin)), unreachable)

  const ping = execute(HttpClientRequest.get("/_ping")).pipe(
    Effect.tap((response) => Effect.mapError(response.text, unreachable)),
    Effect.filterOrFail(
      (response) => response.status === 200,
      (response) =>
        new EngineUnreachable({ host, reason: `something other than Docker answers there (status ${response.status})` })
    ),
    Effect.map((response) => commonVersion(response.headers["api-version"])),
    Effect.tap((version) => Ref.set(negotiated, Option.some(version))),
    Effect.timeoutFail({
      duration: "10 seconds",
      onTimeout: () => new EngineUnreachable({ host, reason: "no answer" })
    }),
    Effect.withSpan("DockerEngine.ping")
  )
  const version = Effect.flatMap(Ref.get(negotiated), Option.match({ onNone: () => ping, onSome: Effect.succeed }))

  const refusal = Effect.fnUntraced(
    function*(operation: string, response: HttpClientResponse.HttpClientResponse) {
      const body = yield* Effect.mapError(response.text, unreachable)
      const reason = Option.match(decodeMessage(body), {
        onNone: () => body.slice(0, 300).trim(),
        onSome: ({ message }) => message.trim()
      })
      switch (response.status) {
        case 404:
          return yield* new EngineNotFound({ operation, reason })
        case 409:
          return yield* new EngineConflict({ operation, reason })
        default:
          return yield* new EngineRefused({ operation, status: response.status, reason })
      }
    }
  )

  /** Sends a request. The response has a status below 400, and its body is still unread. */
  const send = Effect.fnUntraced(function*(operation: string, request: HttpClientRequest.HttpClientRequest) {
    const prefix = `/v${yield* version}`
    const response = yield* execute(HttpClientRequest.prependUrl(request, prefix))
    return response.status < 400 ? response : yield* refusal(operation, response)
  }, (effect, operation) => Effect.withSpan(effect, "DockerEngine.send", { attributes: { operation } }))

  const text = (operation: string, request: HttpClientRequest.HttpClientRequest) =>
    Effect.flatMap(send(operation, request), (response) => Effect.mapError(response.text, unreachable))

  const json = <A, I>(operation: string, schema: Schema.Schema<A, I>, request: HttpClientRequest.HttpClientRequest) =>
    Effect.flatMap(text(operation, request), (body) =>
      Effect.mapError(
        Schema.decode(Schema.parseJson(schema))(body),
        (error) => new EngineRefused({ operation, status: 200, reason: `unreadable answer: ${error.message}` })
      ))

  const bodyOf = ({ stream }: HttpClientResponse.HttpClientResponse) => Stream.mapError(stream, unreachable)

  const bytes = (operation: string, request: HttpClientRequest.HttpClientRequest) =>
    Stream.unwrap(Effect.map(send(operation, request), bodyOf))

  return { ping, send, bodyOf, text, json, bytes, uploading } as const
})

/** Sends a stream as a body, so that a failure of the stream is not mistaken for a broken connection. */
const uploading = <A, E, E2>(
  archive: Stream.Stream<Uint8Array, E>,
  send: (body: HttpBody.Stream) => Effect.Effect<A, E2>
) =>
  Effect.flatMap(Deferred.make<never, E>(), (failed) => {
    const watched = Stream.tapErrorCause(archive, (cause) => Deferred.failCause(failed, cause))
    // the loser ends even in an uninterruptible region
    const lost = Effect.interruptible(Deferred.await(failed))
    return Effect.raceFirst(lost, send(HttpBody.stream(watched, "application/x-tar")))
  })

const decodeMessage = Schema.decodeOption(Schema.parseJson(EngineMessage))
