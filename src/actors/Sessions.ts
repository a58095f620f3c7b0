/** The one way in for every edge (HTTP, CLI, bots, a host program): commands to sessions, and cursors on their logs. */
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { SessionEventView } from "../domain/EventText.ts"
import type { SessionId } from "../domain/Ids.ts"
import type { Requester } from "../domain/Requester.ts"
import { type Session, SessionNotFound, type SessionStatus } from "../domain/Session.ts"
import {
  type ApproverIsRequester,
  type NothingToApprove,
  SessionCommand,
  type SessionEnded
} from "../domain/SessionCommand.ts"
import { type CreateSession, type IdempotencyConflict, InvalidRequest } from "../domain/SessionRequest.ts"
import { EventBus } from "../services/EventBus.ts"
import { EventLog } from "../services/EventLog.ts"
import { SessionHistory } from "../services/SessionHistory.ts"
import { SessionStore } from "../services/SessionStore.ts"
import type { StoreError } from "../services/StoreError.ts"
import { NewSessions } from "./NewSessions.ts"
import { Places } from "./Places.ts"
import { SessionSupervisor, SessionUnavailable } from "./SessionSupervisor.ts"

export { SessionUnavailable }

export interface ListSessions {
  readonly status?: SessionStatus | undefined
  readonly repo?: string | undefined
  /** 1..200 */
  readonly limit: number
  /** Sessions older than this one. */
  readonly before?: SessionId | undefined
}

export interface CreateOptions {
  readonly by: Requester
  /** With a key, the same request again answers the same session for 24 hours. */
  readonly idempotencyKey?: string | undefined
  /** The request as it came, compared as a JSON value. */
  readonly body?: unknown
  /** Whether local repositories may be named anywhere (embedded use, loopback) or only below OPENTL_LOCAL_REPOS. */
  readonly trustLocalPaths: boolean
  /** Whether `command:` agents may be named (embedded CLI and library only). */
  readonly trustCommands: boolean
}

export class Sessions extends Context.Tag("opentl/actors/Sessions")<Sessions, {
  readonly create: (
    request: CreateSession,
    options: CreateOptions
  ) => Effect.Effect<
    { readonly session: Session; readonly replayed: boolean },
    InvalidRequest | IdempotencyConflict | StoreError | SessionUnavailable
  >
  readonly get: (id: SessionId) => Effect.Effect<Session, SessionNotFound | StoreError>
  /** The session whose id begins so: exactly one, else `SessionNotFound` or `InvalidRequest` that names the candidates. */
  readonly find: (prefix: string) => Effect.Effect<Session, SessionNotFound | InvalidRequest | StoreError>
  /** Newest first. An unknown `before` is an `InvalidRequest`. */
  readonly list: (
    query: ListSessions
  ) => Effect.Effect<
    { readonly sessions: ReadonlyArray<Session>; readonly hasMore: boolean },
    InvalidRequest | StoreError
  >
  /** Every event after the cursor, once and in order: those stored, then the live ones; ends when the session has ended. */
  readonly events: (id: SessionId, after: number) => Stream.Stream<SessionEventView, SessionNotFound | StoreError>
  /** Stored events after the cursor, at most `limit`. */
  readonly eventsPage: (
    id: SessionId,
    after: number,
    limit: number
  ) => Effect.Effect<ReadonlyArray<SessionEventView>, SessionNotFound | StoreError>
  /** Answers when the session is cancelled and its sandbox gone. */
  readonly stop: (
    id: SessionId,
    by: Requester
  ) => Effect.Effect<Session, SessionNotFound | SessionEnded | StoreError | SessionUnavailable>
  readonly message: (
    id: SessionId,
    text: string,
    by: Requester,
    messageId?: string
  ) => Effect.Effect<{ readonly messageId: string }, SessionNotFound | StoreError | SessionUnavailable>
  readonly approve: (
    id: SessionId,
    plan: string | undefined,
    by: Requester
  ) => Effect.Effect<
    Session,
    SessionNotFound | NothingToApprove | ApproverIsRequester | StoreError | SessionUnavailable
  >
  readonly reject: (
    id: SessionId,
    reason: string,
    by: Requester
  ) => Effect.Effect<Session, SessionNotFound | NothingToApprove | StoreError | SessionUnavailable>
  /** The newest collected diff; empty where there is none yet. */
  readonly diff: (id: SessionId) => Effect.Effect<string, SessionNotFound | StoreError>
  /** The terminal log as the bots upload it: one line an event. */
  readonly log: (id: SessionId) => Stream.Stream<string, SessionNotFound | StoreError>
}>() {
  static readonly layer = Layer.effect(
    Sessions,
    Effect.gen(function*() {
      const bus = yield* EventBus
      const history = yield* SessionHistory
      const log = yield* EventLog
      const newSessions = yield* NewSessions
      const places = yield* Places
      const store = yield* SessionStore
      const supervisor = yield* SessionSupervisor

      /** The row, with what only this process knows: the place in the queue. */
      const placed = (session: Session) =>
        session.status !== "pending" ? Effect.succeed(session) : Effect.map(
          places.position(session.id),
          (queuePosition) => queuePosition === undefined ? session : session.at(queuePosition)
        )
      const get = Effect.fn("Sessions.get")((id: SessionId) => Effect.flatMap(history.get(id), placed))

      /** Hears the bell until the stop's clean-up is over. */
      const stopped = (id: SessionId) =>
        Effect.scoped(Effect.gen(function*() {
          const bell = yield* bus.listen(id)
          while ((yield* store.state(id)).phase._tag === "Stopping") {
            yield* Effect.timeoutOption(Queue.take(bell), "1 second")
          }
        }))

      const command = Effect.fnUntraced(function*(id: SessionId, command: SessionCommand, messageId?: string) {
        yield* history.get(id)
        const receipt = messageId === undefined
          ? undefined
          : { scope: `message:${id}`, key: messageId, fingerprint: "" }
        return yield* supervisor.tell(id, command, receipt)
      })
      const refused = "this command is not refused like that"

      return Sessions.of({
        create: Effect.fn("Sessions.create")(function*(request, options) {
          const created = yield* newSessions.create(request, options)
          yield* supervisor.start(created.session.id)
          return { ...created, session: yield* placed(created.session) }
        }),
        get,
        find: Effect.fn("Sessions.find")(function*(prefix) {
          const isId = /^[0-9A-Za-z-]+$/.test(prefix)
          const found = isId ? yield* history.byPrefix(prefix) : []
          const exact = found.find((session) => session.id === prefix) ?? (found.length === 1 ? found[0] : undefined)
          if (exact !== undefined) return yield* placed(exact)
          if (found.length === 0) return yield* new SessionNotFound({ id: prefix })
          const ids = found.map((session) => session.id).join(", ")
          return yield* new InvalidRequest({
            reason: `"${prefix}" is ambiguous: ${ids}${found.length > 5 ? ", …" : ""}`
          })
        }),
        list: Effect.fn("Sessions.list")(function*({ before, limit, repo, status }) {
          if (before !== undefined) {
            yield* Effect.catchTag(
              history.get(before),
              "SessionNotFound",
              () => new InvalidRequest({ reason: `before: there is no session ${before}` })
            )
          }
          const rows = yield* history.list({
            status: status ?? null,
            repo: repo ?? null,
            before: before ?? null,
            limit: limit + 1
          })
          return { sessions: yield* Effect.forEach(rows.slice(0, limit), placed), hasMore: rows.length > limit }
        }),
        events: log.stream,
        eventsPage: log.page,
        stop: Effect.fn("Sessions.stop")(function*(id, by) {
          yield* command(id, SessionCommand.Stop({ by })).pipe(
            Effect.catchTags({
              NothingToApprove: () => Effect.dieMessage(refused),
              ApproverIsRequester: () => Effect.dieMessage(refused)
            })
          )
          yield* stopped(id)
          return yield* get(id)
        }),
        message: Effect.fn("Sessions.message")(function*(id, text, by, messageId) {
          const known = messageId ?? (yield* newSessions.messageId)
          yield* command(id, SessionCommand.Message({ messageId: known, text, by }), messageId).pipe(
            Effect.catchTags({
              SessionEnded: () => Effect.dieMessage(refused),
              NothingToApprove: () => Effect.dieMessage(refused),
              ApproverIsRequester: () => Effect.dieMessage(refused)
            })
          )
          return { messageId: known }
        }),
        approve: Effect.fn("Sessions.approve")(function*(id, plan, by) {
          yield* command(id, SessionCommand.Approve({ plan, by })).pipe(
            Effect.catchTag("SessionEnded", () => Effect.dieMessage(refused))
          )
          return yield* get(id)
        }),
        reject: Effect.fn("Sessions.reject")(function*(id, reason, by) {
          yield* command(id, SessionCommand.Reject({ reason, by })).pipe(
            Effect.catchTags({
              SessionEnded: () => Effect.dieMessage(refused),
              ApproverIsRequester: () => Effect.dieMessage(refused)
            })
          )
          return yield* get(id)
        }),
        diff: Effect.fn("Sessions.diff")((id: SessionId) => Effect.zipRight(history.get(id), history.patch(id))),
        log: (id) => pagesOf(log, id).pipe(Stream.map(logLine))
      })
    })
  )
}

/** All events that are stored now. */
const pagesOf = (log: Context.Tag.Service<EventLog>, id: SessionId) =>
  Stream.paginateChunkEffect(0, (after) =>
    Effect.map(log.page(id, after, 500), (events) => {
      const last = events[events.length - 1]
      return [Chunk.unsafeFromArray(events), last === undefined ? Option.none() : Option.some(last.id)] as const
    }))

/** Output as it was; everything else marked with its kind. */
const logLine = (event: SessionEventView): string =>
  event.type === "output" ? `${event.data}\n` : `[${event.type}] ${event.data}\n`
