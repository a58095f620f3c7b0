/**
 * A session's events and log over HTTP. A follower reconnects after a broken connection, from the last event it saw.
 */
import * as Sse from "@effect/experimental/Sse"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { SessionEventView } from "../domain/EventText.ts"
import type { SessionId } from "../domain/Ids.ts"
import { SessionNotFound } from "../domain/Session.ts"
import { StoreError } from "../services/store/StoreError.ts"
import { ErrorBody } from "./Errors.ts"

/** The server does not answer right now, or closed the stream before the session's end. */
class Away extends Schema.TaggedError<Away>()("Away", { reason: Schema.String }) {}

const away = ({ message }: { readonly message: string }) => new Away({ reason: message })

const failed = (reason: string, cause: unknown = reason) => new StoreError({ operation: `answer: ${reason}`, cause })

const unreadable = (cause: unknown) => failed("the server's response cannot be read", cause)

type Failure = Away | SessionNotFound | StoreError

/** The error once reconnecting is given up. */
const settled = (error: Failure): SessionNotFound | StoreError => error._tag === "Away" ? failed(error.reason) : error

const decodeEvent = Schema.decode(Schema.parseJson(SessionEventView))
const decodePage = Schema.decode(Schema.parseJson(Schema.Array(SessionEventView)))
const decodeError = Schema.decode(Schema.parseJson(ErrorBody))

/** Statuses by which a server or proxy says that it is temporarily unavailable. */
const comesBack = new Set([429, 502, 503, 504])

const refusal = (id: SessionId, response: HttpClientResponse.HttpClientResponse): Effect.Effect<never, Failure> =>
  Effect.gen(function*() {
    const { code, error } = yield* Effect.flatMap(response.text, decodeError).pipe(
      Effect.orElseSucceed(() => ({ error: `the server answered ${response.status}`, code: "" }))
    )
    if (code === "SessionNotFound") return yield* new SessionNotFound({ id })
    return yield* comesBack.has(response.status) ? new Away({ reason: error }) : failed(error)
  })

/** Sends a request about a session; an error status becomes an error. */
const send = (
  client: HttpClient.HttpClient,
  id: SessionId,
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<HttpClientResponse.HttpClientResponse, Failure> =>
  Effect.mapError(client.execute(request), away).pipe(
    Effect.flatMap((response) => response.status < 300 ? Effect.succeed(response) : refusal(id, response))
  )

/** Longer than three server heartbeats: after this much silence the connection is dead, whatever the kernel says. */
const silence = "50 seconds"

/** The events as they arrive, until the server closes the stream. */
const read = ({ stream }: HttpClientResponse.HttpClientResponse): Stream.Stream<SessionEventView, Failure> =>
  stream.pipe(
    Stream.mapError(away),
    Stream.timeoutFail(() => new Away({ reason: "the server has stopped sending" }), silence),
    Stream.decodeText(),
    Stream.pipeThroughChannel(Sse.makeChannel()),
    Stream.mapEffect((event) => Effect.mapError(decodeEvent(event.data), unreadable))
  )

/** Fast at first, for a server that has just closed; a successful connection resets the schedule. */
const reconnect = Schedule.exponential("25 millis").pipe(
  Schedule.union(Schedule.spaced("5 seconds")),
  Schedule.jittered,
  Schedule.upTo("2 minutes"),
  Schedule.whileInput((error: Failure) => error._tag === "Away")
)

/** Every event after the cursor, once and in order, until the session has ended. */
export const follow = (
  client: HttpClient.HttpClient,
  id: SessionId,
  after: number
): Stream.Stream<SessionEventView, SessionNotFound | StoreError> =>
  Stream.unwrap(Effect.map(Ref.make(after), (cursor) => {
    const connection = Stream.unwrap(Effect.gen(function*() {
      const headers = { accept: "text/event-stream", "last-event-id": String(yield* Ref.get(cursor)) }
      const response = yield* send(client, id, HttpClientRequest.get(`/api/sessions/${id}/events`, { headers }))
      // the session has ended and there are no more events
      if (response.status === 204) return Stream.empty
      return read(response).pipe(
        Stream.tap((event) => Ref.set(cursor, event.id)),
        Stream.concat(Stream.fail<Failure>(new Away({ reason: "the server has closed the stream" })))
      )
    }))
    return connection.pipe(Stream.retry(reconnect), Stream.mapError(settled))
  }))

/** Stored events after the cursor. */
export const page = (
  client: HttpClient.HttpClient,
  id: SessionId,
  after: number,
  limit: number
): Effect.Effect<ReadonlyArray<SessionEventView>, SessionNotFound | StoreError> =>
  Effect.gen(function*() {
    const options = { urlParams: { after, limit }, headers: { accept: "application/json" } }
    const response = yield* send(client, id, HttpClientRequest.get(`/api/sessions/${id}/events`, options))
    const text = yield* Effect.mapError(response.text, away)
    return yield* Effect.mapError(decodePage(text), unreadable)
  }).pipe(Effect.mapError(settled))

/** The terminal log, line by line, each with its end. */
export const log = (
  client: HttpClient.HttpClient,
  id: SessionId
): Stream.Stream<string, SessionNotFound | StoreError> =>
  Stream.unwrap(
    Effect.map(send(client, id, HttpClientRequest.get(`/api/sessions/${id}/log`)), ({ stream }) =>
      stream.pipe(
        Stream.mapError((error): Failure => away(error)),
        Stream.decodeText(),
        Stream.splitLines,
        Stream.map((line) => `${line}\n`)
      ))
  ).pipe(Stream.mapError(settled))
