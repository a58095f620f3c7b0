/**
 * `Sessions` over the store, the log and the actors. What is asked of a session goes to its actor, and there alone it is
 * decided; nothing is looked at here before.
 */
import * as Chunk from "effect/Chunk"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { SessionEventView } from "../../domain/EventText.ts"
import type { SessionId } from "../../domain/Ids.ts"
import * as Repository from "../../domain/Repository.ts"
import type { Requester } from "../../domain/Requester.ts"
import { type Session, SessionNotFound } from "../../domain/Session.ts"
import { SessionCommand } from "../../domain/SessionCommand.ts"
import { InvalidRequest } from "../../domain/SessionRequest.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { EventBus } from "../../services/store/EventBus.ts"
import { EventLog } from "../../services/store/EventLog.ts"
import { fingerprint } from "../../services/store/Fingerprint.ts"
import { SessionHistory } from "../../services/store/SessionHistory.ts"
import type { ReceiptKey } from "../../services/store/SessionStore.ts"
import { Admission } from "../session/Admission.ts"
import { SessionRouter } from "../session/SessionRouter.ts"
import { NewSessions } from "./NewSessions.ts"
import { Sessions } from "./Sessions.ts"

export const layer = Layer.effect(
  Sessions,
  Effect.gen(function*() {
    const bus = yield* EventBus
    const { github } = yield* AppConfig
    const history = yield* SessionHistory
    const log = yield* EventLog
    const newSessions = yield* NewSessions
    const admission = yield* Admission
    const router = yield* SessionRouter

    /** The row, with what only this process knows: the position in the queue. */
    const positioned = (session: Session) =>
      session.status !== "pending" ? Effect.succeed(session) : Effect.map(
        admission.position(session.id),
        (queuePosition) => queuePosition === undefined ? session : session.at(queuePosition)
      )
    const get = Effect.fn("Sessions.get")((id: SessionId) => Effect.flatMap(history.get(id), positioned))

    /** Waits until a stop's clean-up is over. */
    const stopped = (id: SessionId) =>
      Effect.scoped(Effect.gen(function*() {
        const bell = yield* bus.listen(id)
        while ((yield* history.get(id)).phase === "stopping") {
          yield* Effect.timeoutOption(Queue.take(bell), "1 second")
        }
      }))

    /** The same person's same words under the same name are the same message; other words are never lost for it. */
    const messageReceipt = (id: SessionId, by: Requester, messageId: string, text: string): ReceiptKey => {
      const words = fingerprint(text)
      return { scope: `message:${id}:${by.name}`, key: `${messageId}:${words}`, fingerprint: words }
    }
    /** However a repository is written, its sessions are found under the one spelling; other texts find what has them. */
    const spelled = (repo: string): string =>
      Either.match(Repository.parse(repo, github.serverUrl), { onLeft: () => repo, onRight: Repository.show })

    return Sessions.of({
      create: Effect.fn("Sessions.create")(function*(request, options) {
        const created = yield* newSessions.create(request, options)
        yield* router.start(created.session.id)
        return { ...created, session: yield* positioned(created.session) }
      }),
      get,
      find: Effect.fn("Sessions.find")(function*(prefix) {
        const isId = /^[0-9A-Za-z-]+$/.test(prefix)
        const found = isId ? yield* history.byPrefix(prefix) : []
        const exact = found.find((session) => session.id === prefix) ?? (found.length === 1 ? found[0] : undefined)
        if (exact !== undefined) return yield* positioned(exact)
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
          repo: repo === undefined ? null : spelled(repo),
          before: before ?? null,
          limit: limit + 1
        })
        return { sessions: yield* Effect.forEach(rows.slice(0, limit), positioned), hasMore: rows.length > limit }
      }),
      events: log.stream,
      eventsPage: log.page,
      stop: Effect.fn("Sessions.stop")(function*(id, by) {
        const { isEnded } = yield* history.get(id)
        yield* router.ask(id, SessionCommand.Stop({ by })).pipe(
          // it was live when this stop arrived, and another stop was quicker
          Effect.catchIf(
            (error) => error._tag === "SessionEnded" && error.end === "cancelled" && !isEnded,
            () => Effect.void
          )
        )
        yield* stopped(id)
        return yield* get(id)
      }),
      message: Effect.fn("Sessions.message")(function*(id, text, by, messageId) {
        const known = messageId ?? (yield* newSessions.messageId)
        const receipt = messageId === undefined ? undefined : messageReceipt(id, by, messageId, text)
        yield* router.ask(id, SessionCommand.Message({ messageId: known, text, by }), receipt)
        return { messageId: known }
      }),
      approve: Effect.fn("Sessions.approve")(function*(id, { answers, by, plan }) {
        yield* router.ask(id, SessionCommand.Approve({ plan, answers, by }))
        return yield* get(id)
      }),
      reject: Effect.fn("Sessions.reject")(function*(id, { answers, by, reason }) {
        yield* router.ask(id, SessionCommand.Reject({ reason, answers, by }))
        return yield* get(id)
      }),
      retry: Effect.fn("Sessions.retry")(function*(id, { by, turn }) {
        yield* router.ask(id, SessionCommand.Retry({ turn, by }))
        return yield* get(id)
      }),
      diff: Effect.fn("Sessions.diff")((id: SessionId) => Effect.zipRight(history.get(id), history.patch(id))),
      log: (id) => pagesOf(log, id).pipe(Stream.map(logLine))
    })
  })
)

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
