/** `Sessions` over HTTP: the same interface as in the server's own process. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpApiError from "@effect/platform/HttpApiError"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { Sessions } from "../actors/sessions/Sessions.ts"
import type { SessionId } from "../domain/Ids.ts"
import { SessionNotFound } from "../domain/Session.ts"
import { InvalidRequest } from "../domain/SessionRequest.ts"
import { StoreError } from "../services/store/StoreError.ts"
import * as ApiCalls from "./ApiCalls.ts"
import * as ApiEvents from "./ApiEvents.ts"
import { clientHeader } from "./Authorization.ts"
import type { DiskFull, PayloadTooLarge, Unauthorized, UnsupportedMediaType } from "./Errors.ts"

export interface Server {
  /** Without a trailing slash. */
  readonly url: string
  readonly token: Option.Option<Redacted.Redacted>
  /** The client's name, recorded on sessions and messages; `cli` by default. */
  readonly client?: string
}

/** No server answers at this URL. */
export class ServerUnreachable extends Schema.TaggedError<ServerUnreachable>()("ServerUnreachable", {
  url: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `no server answers at ${this.url} (${this.reason})`
  }
}

/** A server answers, but it is not an OpenTL server or does not accept the token. */
export class ServerRefused extends Schema.TaggedError<ServerRefused>()("ServerRefused", {
  url: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `the server at ${this.url} refuses the request: ${this.reason}`
  }
}

/** Errors of the connection, which the `Sessions` interface does not have. */
type Between =
  | HttpClientError.HttpClientError
  | ParseResult.ParseError
  | HttpApiError.HttpApiDecodeError
  | Unauthorized
  | PayloadTooLarge
  | UnsupportedMediaType
  | DiskFull

const between: ReadonlySet<string> = new Set<Between["_tag"]>([
  "RequestError",
  "ResponseError",
  "ParseError",
  "HttpApiDecodeError",
  "Unauthorized",
  "PayloadTooLarge",
  "UnsupportedMediaType",
  "DiskFull"
])

const isBetween = (error: unknown): error is Between =>
  Predicate.hasProperty(error, "_tag") && typeof error._tag === "string" && between.has(error._tag)

/**
 * Reports errors that the `Sessions` interface lacks as a `StoreError`: no caller needs to know where its sessions are.
 */
const tell =
  <Foreign extends { readonly message: string }>(isForeign: (error: unknown) => error is Foreign) =>
  <A, E, R>(effect: Effect.Effect<A, E | Foreign, R>): Effect.Effect<A, E | StoreError, R> =>
    Effect.catchAll(
      effect,
      (error): Effect.Effect<never, E | StoreError> =>
        isForeign(error) ? new StoreError({ operation: `answer: ${error.message}`, cause: error }) : Effect.fail(error)
    )

const remote = tell(isBetween)

const isInvalidRequest = Schema.is(InvalidRequest)
/** For commands that cannot be invalid requests. */
const command = tell((error): error is Between | InvalidRequest => isBetween(error) || isInvalidRequest(error))

const isAway = (error: HttpClientError.HttpClientError): boolean =>
  error._tag === "RequestError" && error.reason === "Transport"

/** Retries a request that changes nothing. */
const again = Schedule.intersect(Schedule.exponential("100 millis"), Schedule.recurs(4))

/** A client for requests to the server. */
export const requestsTo = (
  client: HttpClient.HttpClient,
  { client: name = "cli", token, url }: Server
): HttpClient.HttpClient =>
  client.pipe(
    HttpClient.mapRequest((request) =>
      request.pipe(
        HttpClientRequest.prependUrl(url),
        HttpClientRequest.setHeader(clientHeader, name),
        Option.isSome(token) ? HttpClientRequest.bearerToken(token.value) : identity
      )
    ),
    HttpClient.transformResponse(Effect.retry({
      schedule: again,
      while: (error) => isAway(error) && error.request.method === "GET"
    }))
  )

/** The innermost error code or message of the system. */
export const reasonOf = (error: unknown): string =>
  !Predicate.isRecord(error)
    ? String(error)
    : typeof error["code"] === "string"
    ? error["code"]
    : error["cause"] === undefined
    ? String(error["message"])
    : reasonOf(error["cause"])

/** Checks that an OpenTL server answers and accepts the token. */
const greet = (
  client: HttpClient.HttpClient,
  { url }: Server
): Effect.Effect<void, ServerUnreachable | ServerRefused> =>
  Effect.gen(function*() {
    const response = yield* client.get("/api/sessions?limit=1")
    yield* response.text
    if (response.status === 200) return
    const reason = response.status === 401
      ? "the token is missing or unknown (set OPENTL_API_TOKEN, or use the data directory's token file)"
      : `it answered with status ${response.status} instead of its sessions`
    return yield* new ServerRefused({ url, reason })
  }).pipe(
    Effect.catchTags({
      RequestError: (error) => new ServerUnreachable({ url, reason: reasonOf(error) }),
      ResponseError: (error) => new ServerUnreachable({ url, reason: reasonOf(error) })
    }),
    Effect.timeoutFail({
      duration: "10 seconds",
      onTimeout: () => new ServerUnreachable({ url, reason: "no answer within 10 seconds" })
    })
  )

/**
 * The sessions of a server. The server knows the requester by the token, so the requester that a call names is not
 * sent.
 *
 * Fails at once with `ServerUnreachable` if no server answers, and with `ServerRefused` if it rejects the token.
 */
export const make = (
  server: Server
): Effect.Effect<Context.Tag.Service<Sessions>, ServerUnreachable | ServerRefused, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const client = requestsTo(yield* HttpClient.HttpClient, server)
    yield* greet(client, server)
    const sessions = yield* ApiCalls.make(client)

    const get = Effect.fn("ApiClient.get")((id: SessionId) =>
      command(Effect.flatMap(sessions.get, (call) => call({ path: { id } })))
    )
    return Sessions.of({
      create: Effect.fn("ApiClient.create")(function*(request, { idempotencyKey }) {
        const headers = idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }
        const [created, response] = yield* sessions.create.pipe(
          Effect.flatMap((call) => call({ payload: request, headers, withResponse: true })),
          Effect.catchTag("PayloadTooLarge", ({ message }) => new InvalidRequest({ reason: message })),
          remote
        )
        const session = yield* Effect.catchTag(
          get(created.id),
          "SessionNotFound",
          (error) => new StoreError({ operation: `answer: ${error.message}`, cause: error })
        )
        return { session, replayed: response.headers["idempotent-replay"] === "true" }
      }),
      get,
      find: Effect.fn("ApiClient.find")(function*(prefix) {
        const [found] = yield* remote(Effect.flatMap(sessions.list, (call) => call({ urlParams: { prefix } })))
        return found ?? (yield* new SessionNotFound({ id: prefix }))
      }),
      list: Effect.fn("ApiClient.list")(function*({ before, limit, repo, status }) {
        const urlParams = {
          limit,
          ...(before === undefined ? {} : { before }),
          ...(repo === undefined ? {} : { repo }),
          ...(status === undefined ? {} : { status })
        }
        const [page, { headers }] = yield* remote(
          Effect.flatMap(sessions.list, (call) => call({ urlParams, withResponse: true }))
        )
        return { sessions: page, hasMore: /\brel="?next"?/.test(headers["link"] ?? "") }
      }),
      events: (id, after) => ApiEvents.follow(client, id, after),
      eventsPage: Effect.fn("ApiClient.eventsPage")((id, after, limit) => ApiEvents.page(client, id, after, limit)),
      stop: Effect.fn("ApiClient.stop")((id, _by, turn) =>
        command(
          Effect.flatMap(sessions.stop, (call) => call({ path: { id }, payload: turn === undefined ? {} : { turn } }))
        )
      ),
      message: Effect.fn("ApiClient.message")((id, text, _by, messageId) =>
        command(Effect.flatMap(sessions.message, (call) =>
          call({
            path: { id },
            payload: { text },
            headers: messageId === undefined ? {} : { "idempotency-key": messageId }
          })))
      ),
      approve: Effect.fn("ApiClient.approve")((id, { answers = {}, plan }) =>
        command(
          Effect.flatMap(sessions.approve, (call) =>
            call({ path: { id }, payload: { ...(plan === undefined ? {} : { plan }), ...answers } }))
        )
      ),
      reject: Effect.fn("ApiClient.reject")((id, { answers = {}, reason }) =>
        command(Effect.flatMap(sessions.reject, (call) => call({ path: { id }, payload: { reason, ...answers } })))
      ),
      retry: Effect.fn("ApiClient.retry")((id, { turn }) =>
        command(
          Effect.flatMap(sessions.retry, (call) => call({ path: { id }, payload: turn === undefined ? {} : { turn } }))
        )
      ),
      addBudget: Effect.fn("ApiClient.addBudget")((id, { addUsd }) =>
        command(Effect.flatMap(sessions.addBudget, (call) => call({ path: { id }, payload: { addUsd } })))
      ),
      diff: Effect.fn("ApiClient.diff")((id) =>
        command(Effect.flatMap(sessions.diff, (call) => call({ path: { id } })))
      ),
      verification: Effect.fn("ApiClient.verification")((id) =>
        command(Effect.flatMap(sessions.verification, (call) => call({ path: { id } })))
      ),
      log: (id) => ApiEvents.log(client, id)
    })
  })

/** The same as a layer, using the platform's `fetch`. */
export const layer = (server: Server): Layer.Layer<Sessions, ServerUnreachable | ServerRefused> =>
  Layer.effect(Sessions, make(server)).pipe(Layer.provide(FetchHttpClient.layer))
