/**
 * `Sessions` on top of the store, the log and the actors. Commands are decided by the session's actor alone; nothing is
 * checked here first.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type { SessionId } from "../../domain/Ids.ts"
import type { Requester } from "../../domain/Requester.ts"
import type { Session } from "../../domain/Session.ts"
import { SessionCommand } from "../../domain/SessionCommand.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { EventBus } from "../../services/store/EventBus.ts"
import { SessionHistory } from "../../services/store/SessionHistory.ts"
import type { ReceiptKey } from "../../services/store/SessionStore.ts"
import { fingerprint } from "../../services/support/Fingerprint.ts"
import * as Span from "../../services/support/Span.ts"
import { Admission } from "../session/Admission.ts"
import { SessionRouter } from "../session/SessionRouter.ts"
import { NewSessions } from "./NewSessions.ts"
import * as SessionReads from "./SessionReads.ts"
import { Sessions, SessionUnavailable } from "./Sessions.ts"

export const layer = Layer.effect(
  Sessions,
  Effect.gen(function*() {
    const bus = yield* EventBus
    const { github } = yield* AppConfig
    const history = yield* SessionHistory
    const newSessions = yield* NewSessions
    const admission = yield* Admission
    const router = yield* SessionRouter
    const reads = yield* SessionReads.make(github.serverUrl)

    /** Adds the position in the queue, which only this process knows. */
    const positioned = (session: Session) =>
      session.status !== "pending" ? Effect.succeed(session) : Effect.map(
        admission.position(session.id),
        (queuePosition) => queuePosition === undefined ? session : session.at(queuePosition)
      )
    const get = Effect.fn("Sessions.get")((id: SessionId) => Effect.flatMap(history.get(id), positioned))

    /** Waits until a stop's clean-up has finished; fails if nobody is left who performs it. */
    const stopped = (id: SessionId) =>
      Effect.scoped(Effect.gen(function*() {
        const bell = yield* bus.listen(id)
        for (;;) {
          // before the log is read: an actor leaves only after it has recorded the end
          const isServed = yield* router.hasActor(id)
          if ((yield* history.get(id)).phase !== "stopping") return
          if (!isServed) return yield* new SessionUnavailable({ sessionId: id })
          yield* Effect.timeoutOption(Queue.take(bell), "1 second")
        }
      }))

    /**
     * The same text from the same person under the same message id is the same message; different text is never lost to
     * it.
     */
    const messageReceipt = (id: SessionId, by: Requester, messageId: string, text: string): ReceiptKey => {
      const words = fingerprint(text)
      return { scope: `message:${id}:${by.name}`, key: `${messageId}:${words}`, fingerprint: words }
    }

    return Sessions.of({
      create: Effect.fnUntraced(function*(request, options) {
        const created = yield* newSessions.create(request, options)
        yield* router.start(created.session.id)
        return { ...created, session: yield* positioned(created.session) }
      }, Span.within("Sessions.create")),
      get,
      find: (prefix) => Effect.flatMap(reads.find(prefix), positioned),
      list: Effect.fn("Sessions.list")(function*(query) {
        const { hasMore, sessions } = yield* reads.list(query)
        return { sessions: yield* Effect.forEach(sessions, positioned), hasMore }
      }),
      events: reads.events,
      eventsPage: reads.eventsPage,
      stop: Effect.fn("Sessions.stop")(function*(id, by, turn) {
        const { isEnded } = yield* history.get(id)
        yield* router.ask(id, SessionCommand.Stop({ turn, by })).pipe(
          // the session was live when this stop arrived, but another stop was faster
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
      addBudget: Effect.fn("Sessions.addBudget")(function*(id, { addUsd, by }) {
        yield* router.ask(id, SessionCommand.AddBudget({ addUsd, by }))
        return yield* get(id)
      }),
      diff: reads.diff,
      verification: reads.verification,
      log: reads.log
    })
  })
)
