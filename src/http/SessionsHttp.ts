/** The routes of sessions: they only translate to and from `Sessions`. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Sessions } from "../actors/sessions/Sessions.ts"
import { SessionId } from "../domain/Ids.ts"
import type { Requester } from "../domain/Requester.ts"
import { type Session, SessionNotFound } from "../domain/Session.ts"
import type { PlanRef } from "../domain/SessionCommand.ts"
import {
  AddBudget,
  ApprovePlan,
  CreateSession,
  InvalidRequest,
  RejectPlan,
  RetryTurn,
  SendMessage,
  StopTurn
} from "../domain/SessionRequest.ts"
import { AppConfig } from "../services/config/AppConfig.ts"
import { Api, type CreatedSession, type ListQuery, MessageAccepted, type SessionsGroup } from "./Api.ts"
import { type Authorization, Caller } from "./Authorization.ts"
import { isLoopback } from "./Loopback.ts"
import * as RequestBody from "./RequestBody.ts"
import * as SessionJson from "./SessionJson.ts"

const decodeId = Schema.decodeOption(SessionId)

/** A text that cannot be a session's id is reported as not found. */
export const sessionId = (text: string): Effect.Effect<SessionId, SessionNotFound> =>
  Option.match(decodeId(text), {
    onNone: () => new SessionNotFound({ id: text.slice(0, 100) }),
    onSome: Effect.succeed
  })

const answer = <A, I>(schema: Schema.Schema<A, I>) => {
  const respond = HttpServerResponse.schemaJson(schema)
  return (value: A, options?: HttpServerResponse.Options.WithContent) => Effect.orDie(respond(value, options))
}
const answerSession = (session: Session) => HttpServerResponse.unsafeJson(SessionJson.encode(session))
const answerSessions = (sessions: ReadonlyArray<Session>, options?: HttpServerResponse.Options.WithContent) =>
  HttpServerResponse.unsafeJson(sessions.map(SessionJson.encode), options)
const answerAccepted = answer(MessageAccepted)

const keyOf = (
  headers: { readonly "idempotency-key"?: string | undefined }
): Effect.Effect<string | undefined, InvalidRequest> => {
  const key = headers["idempotency-key"]?.trim()
  return key === undefined || /^[\x20-\x7e]{1,255}$/.test(key)
    ? Effect.succeed(key)
    : new InvalidRequest({ reason: "the header Idempotency-Key must be 1 to 255 printable ASCII characters" })
}

/** The plan that an answer names. */
const answersOf = ({ proposal, turn }: {
  readonly turn?: number
  readonly proposal?: number
}): Effect.Effect<PlanRef | undefined, InvalidRequest> =>
  turn === undefined && proposal === undefined
    ? Effect.succeed(undefined)
    : turn === undefined || proposal === undefined
    ? new InvalidRequest({ reason: "turn and proposal name a plan together: give both or none" })
    : Effect.succeed({ turn, proposal })

/** The next page's link. Relative, because a proxy may serve it under another address. */
const nextPage = (query: typeof ListQuery.Type, last: Session): string =>
  `</api/sessions?${UrlParams.toString(UrlParams.fromInput({ ...query, before: last.id }))}>; rel="next"`

const readCreation = RequestBody.reader(CreateSession)

/** `POST /api/sessions`, from a caller who is known. */
export const creation = Effect.gen(function*() {
  const sessions = yield* Sessions
  const { address } = yield* AppConfig
  const trustLocalPaths = isLoopback(address.host)
  return Effect.fnUntraced(function*(request: HttpServerRequest.HttpServerRequest, by: Requester) {
    const { raw, value } = yield* readCreation(request)
    const { replayed, session: { branch, id, status } } = yield* sessions.create(value, {
      by,
      idempotencyKey: yield* keyOf({ "idempotency-key": request.headers["idempotency-key"] }),
      body: raw,
      trustLocalPaths,
      trustCommands: false
    })
    const created: typeof CreatedSession.Encoded = { id, branch, status }
    const body = JSON.stringify(created)
    // as text, which Node writes in one piece with the headers; bytes are a second piece
    return HttpServerResponse.raw(body, {
      status: replayed ? 200 : 201,
      contentType: "application/json",
      contentLength: Buffer.byteLength(body),
      headers: { location: `/api/sessions/${id}`, ...(replayed ? { "idempotent-replay": "true" } : {}) }
    })
  })
})

/**
 * Implements the group, in this program's API or another one: `HttpApiBuilder.group(MyApi, "sessions",
 * SessionsHttp.handlers)`.
 */
export const handlers = <E, R>(group: HttpApiBuilder.Handlers.FromGroup<E, R, typeof SessionsGroup>) =>
  Effect.gen(function*() {
    const sessions = yield* Sessions
    const create = yield* creation
    return group
      .handleRaw("create", ({ request }) => Effect.flatMap(Caller, (by) => create(request, by)))
      .handleRaw("list", ({ urlParams }) =>
        Effect.gen(function*() {
          const { limit = 50, prefix, ...filter } = urlParams
          if (prefix !== undefined) {
            const found = sessions.find(prefix).pipe(
              Effect.map(Arr.of),
              Effect.catchTag("SessionNotFound", () => Effect.succeed(Arr.empty<Session>()))
            )
            return answerSessions(yield* found)
          }
          const page = yield* sessions.list({ ...filter, limit })
          const last = page.sessions[page.sessions.length - 1]
          return answerSessions(
            page.sessions,
            page.hasMore && last !== undefined ? { headers: { link: nextPage(urlParams, last) } } : {}
          )
        }))
      .handle("get", ({ path }) => Effect.flatMap(sessionId(path.id), sessions.get))
      .handleRaw("stop", ({ path }) =>
        Effect.gen(function*() {
          const id = yield* sessionId(path.id)
          const { value } = yield* RequestBody.json(StopTurn)
          return answerSession(yield* sessions.stop(id, yield* Caller, value.turn))
        }))
      .handleRaw("message", ({ headers, path }) =>
        Effect.gen(function*() {
          const id = yield* sessionId(path.id)
          const { value } = yield* RequestBody.json(SendMessage)
          const accepted = yield* sessions.message(id, value.text, yield* Caller, yield* keyOf(headers))
          return yield* answerAccepted(accepted, { status: 202 })
        }))
      .handleRaw("approve", ({ path }) =>
        Effect.gen(function*() {
          const id = yield* sessionId(path.id)
          const { value } = yield* RequestBody.json(ApprovePlan)
          return answerSession(
            yield* sessions.approve(id, { plan: value.plan, answers: yield* answersOf(value), by: yield* Caller })
          )
        }))
      .handleRaw("reject", ({ path }) =>
        Effect.gen(function*() {
          const id = yield* sessionId(path.id)
          const { value } = yield* RequestBody.json(RejectPlan)
          return answerSession(
            yield* sessions.reject(id, { reason: value.reason, answers: yield* answersOf(value), by: yield* Caller })
          )
        }))
      .handleRaw("retry", ({ path }) =>
        Effect.gen(function*() {
          const id = yield* sessionId(path.id)
          const { value } = yield* RequestBody.json(RetryTurn)
          return answerSession(yield* sessions.retry(id, { turn: value.turn, by: yield* Caller }))
        }))
      .handleRaw("addBudget", ({ path }) =>
        Effect.gen(function*() {
          const id = yield* sessionId(path.id)
          const { value } = yield* RequestBody.json(AddBudget)
          return answerSession(yield* sessions.addBudget(id, { addUsd: value.addUsd, by: yield* Caller }))
        }))
      .handle("diff", ({ path }) => Effect.flatMap(sessionId(path.id), sessions.diff))
      .handle("verification", ({ path }) => Effect.flatMap(sessionId(path.id), sessions.verification))
      .handleRaw("log", ({ path }) =>
        Effect.gen(function*() {
          const id = yield* sessionId(path.id)
          yield* sessions.get(id)
          return HttpServerResponse.stream(Stream.encodeText(sessions.log(id)), {
            contentType: "text/plain; charset=utf-8"
          })
        }))
  })

export const layer: Layer.Layer<
  HttpApiGroup.ApiGroup<"opentl", "sessions">,
  never,
  Sessions | AppConfig | Authorization
> = HttpApiBuilder.group(Api, "sessions", handlers)
