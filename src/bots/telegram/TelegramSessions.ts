/** What a person does to a session from Telegram. What cannot be done is a sentence for them. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Sessions } from "../../actors/Sessions.ts"
import type { SessionEventView } from "../../domain/EventText.ts"
import type { SessionId } from "../../domain/Ids.ts"
import type { Requester } from "../../domain/Requester.ts"
import type { Session } from "../../domain/Session.ts"
import type { PlanRef } from "../../domain/SessionCommand.ts"
import { Outbox } from "../../services/store/Outbox.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import type { TelegramPlace } from "../../services/telegram/TelegramClient.ts"
import { ChatRefusal } from "../shared/Conversations.ts"
import * as TurnView from "../shared/TurnView.ts"
import { watcherOf } from "./TelegramKeys.ts"

/** A session, and its newest turn as events tell it. */
export interface Latest {
  readonly session: Session
  readonly view: TurnView.TurnView
  /** The newest event, and the one that ended the turn before the newest one. */
  readonly head: number
  readonly previousEnd: number
}

type Act<A> = Effect.Effect<A, ChatRefusal | StoreError>

export class TelegramSessions extends Context.Tag("opentl/bots/telegram/TelegramSessions")<TelegramSessions, {
  /** By its id, or the beginning of it. */
  readonly find: (id: string) => Act<SessionId>
  readonly latest: (id: SessionId) => Act<Latest>
  readonly list: (limit: number) => Act<ReadonlyArray<Session>>
  readonly followUp: (id: SessionId, text: string, by: Requester, key: string) => Act<void>
  /** `answers` names the plan that was seen; where it is not given, whatever plan waits now is meant. */
  readonly approve: (id: SessionId, by: Requester, answers?: PlanRef) => Act<void>
  readonly reject: (id: SessionId, reason: string, by: Requester, answers?: PlanRef) => Act<void>
  /** Answers whether it has stopped already; otherwise it is about to. */
  readonly stop: (id: SessionId, by: Requester) => Act<boolean>
  /** Tries again what the last turn was asked for; `turn` is the one that was seen to fail. */
  readonly retry: (id: SessionId, by: Requester, turn: number) => Act<void>
  /** From now on the place is told of the session: of the turn at work, or of the next one. */
  readonly watch: (id: SessionId, place: TelegramPlace) => Act<void>
}>() {
  static readonly layer = Layer.effect(
    TelegramSessions,
    Effect.gen(function*() {
      const outbox = yield* Outbox
      const sessions = yield* Sessions

      const find = Effect.fn("TelegramSessions.find")((id: string) =>
        sessions.find(id.toLowerCase()).pipe(Effect.map((session) => session.id), refusing)
      )

      const latest = Effect.fn("TelegramSessions.latest")((id: SessionId) =>
        Effect.gen(function*() {
          const session = yield* sessions.get(id)
          let state = initial(session)
          for (;;) {
            const events = yield* sessions.eventsPage(id, state.head, pageSize)
            state = events.reduce(fold, state)
            if (events.length < pageSize) return { session, ...state }
          }
        }).pipe(refusing)
      )

      const followUp = Effect.fn("TelegramSessions.followUp")(
        (id: SessionId, text: string, by: Requester, key: string) =>
          text.trim() === ""
            ? new ChatRefusal({ reason: "what is to be done? The message is empty" })
            : sessions.message(id, text, by, `telegram:${key}`).pipe(Effect.asVoid, refusing)
      )

      return TelegramSessions.of({
        find,
        latest,
        list: Effect.fn("TelegramSessions.list")((limit) =>
          sessions.list({ limit }).pipe(Effect.map((page) => page.sessions), refusing)
        ),
        followUp,
        approve: Effect.fn("TelegramSessions.approve")((id, by, answers) =>
          sessions.approve(id, { answers, by }).pipe(Effect.asVoid, refusing)
        ),
        reject: Effect.fn("TelegramSessions.reject")((id, reason, by, answers) =>
          sessions.reject(id, { reason, answers, by }).pipe(Effect.asVoid, refusing)
        ),
        // the stop is recorded at once; what it waits for is the clean-up
        stop: Effect.fn("TelegramSessions.stop")((id, by) =>
          sessions.stop(id, by).pipe(Effect.timeoutOption("3 seconds"), Effect.map(Option.isSome), refusing)
        ),
        retry: Effect.fn("TelegramSessions.retry")((id, by, turn) =>
          sessions.retry(id, { turn, by }).pipe(Effect.asVoid, refusing)
        ),
        watch: Effect.fn("TelegramSessions.watch")(function*(id, { chatId, threadId }) {
          const { head, previousEnd, session, view } = yield* latest(id)
          const now = yield* Clock.currentTimeMillis
          const memo = session.isEnded
            ? { cursor: head, view: writeView(view) }
            : { cursor: previousEnd, view: writeView(TurnView.begin(view.turn, now)) }
          const target = { chatId, ...(threadId === undefined ? {} : { threadId }) }
          yield* outbox.watch({ sessionId: id, watcher: watcherOf({ chatId, threadId }) }, target, memo)
        })
      })
    })
  )
}

const pageSize = 500
const writeView = Schema.encodeSync(TurnView.TurnView)

type Folded = Omit<Latest, "session">

const initial = (session: Session): Folded => ({
  view: TurnView.begin(1, DateTime.toEpochMillis(session.createdAt)),
  head: 0,
  previousEnd: 0
})

/** A message that comes after a turn's end waits for the next turn, which is the newest then. */
const advance = (view: TurnView.TurnView, event: SessionEventView): TurnView.TurnView =>
  view.end !== undefined && event.detail?.["_tag"] === "MessageReceived"
    ? TurnView.begin(view.turn + 1, DateTime.toEpochMillis(event.createdAt))
    : TurnView.update(view, event)

const fold = (state: Folded, event: SessionEventView): Folded => {
  const view = advance(state.view, event)
  return {
    view,
    head: event.id,
    previousEnd: view.turn > state.view.turn ? event.id - 1 : state.previousEnd
  }
}

/** A session's refusals in their own words. */
const refusing = <A, E extends { readonly _tag: string; readonly message: string }>(
  self: Effect.Effect<A, E | StoreError>
): Effect.Effect<A, ChatRefusal | StoreError> =>
  Effect.mapError(self, (error) => isStoreError(error) ? error : new ChatRefusal({ reason: error.message }))

const isStoreError = (error: { readonly _tag: string }): error is StoreError => error._tag === "StoreError"
