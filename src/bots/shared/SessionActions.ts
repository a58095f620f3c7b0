/**
 * What people do with sessions in a chat: each command is carried out here, once for all platforms, and a platform
 * words the outcome.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Sessions } from "../../actors/sessions/Sessions.ts"
import type { SessionId } from "../../domain/Ids.ts"
import type { Requester } from "../../domain/Requester.ts"
import type { Session } from "../../domain/Session.ts"
import { waitingPlan } from "../../domain/SessionCommand.ts"
import { Outbox } from "../../services/store/Outbox.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import { type Caller, type ChatCommand, type CommandRefused, type Found, Outcome } from "./ChatCommand.ts"
import { ChatRefusal, Conversations, type Repositories } from "./Conversations.ts"
import { reader } from "./SessionFiles.ts"
import * as TurnView from "./TurnView.ts"
import * as Watching from "./Watching.ts"

/** The latest turn of a session. */
export interface Latest {
  readonly view: TurnView.TurnView
  /** The ids of the newest event, and of the event that ended the previous turn. */
  readonly head: number
  readonly previousEnd: number
}

export class SessionActions extends Context.Tag("opentl/bots/shared/SessionActions")<SessionActions, {
  /** Finds the session that is meant. */
  readonly find: (id: string | undefined, caller: Caller) => Effect.Effect<Found, CommandRefused | StoreError>
  /** Carries out a command. */
  readonly run: (command: ChatCommand, caller: Caller) => Effect.Effect<Outcome, CommandRefused | StoreError>
  /** Sends a follow-up to a session; `key` identifies the message on its platform. */
  readonly followUp: (
    id: SessionId,
    text: string,
    by: Requester,
    key: string
  ) => Effect.Effect<void, CommandRefused | StoreError>
  /** Sets a conversation's repository if one is named; returns its repository, if it has one. */
  readonly repository: (
    name: string | undefined,
    repositories: Repositories
  ) => Effect.Effect<Option.Option<string>, CommandRefused | StoreError>
  /** The newest sessions. */
  readonly list: (limit: number) => Effect.Effect<ReadonlyArray<Session>, CommandRefused | StoreError>
  /** A session's latest turn, folded from its events. */
  readonly latest: (session: Session) => Effect.Effect<Latest, CommandRefused | StoreError>
  /** Adds a watcher to the session: it sees the running turn, or the next one. */
  readonly watch: (
    session: Session,
    watcher: string,
    target: unknown
  ) => Effect.Effect<void, CommandRefused | StoreError>
}>() {
  static readonly layer = Layer.effect(
    SessionActions,
    Effect.gen(function*() {
      const conversations = yield* Conversations
      const outbox = yield* Outbox
      const sessions = yield* Sessions

      const find = Effect.fn("SessionActions.find")(function*(id: string | undefined, caller: Caller) {
        if (id !== undefined) return { session: yield* sessions.find(id.toLowerCase()), how: "id" as const }
        for (const [how, conversation] of caller.conversations) {
          const known = yield* conversations.sessionOf(conversation)
          if (Option.isSome(known)) return { session: yield* sessions.get(known.value), how }
        }
        return yield* new ChatRefusal({ reason: caller.noSession })
      })

      const latest = Effect.fn("SessionActions.latest")(function*({ createdAt, id }: Session) {
        let { head, previousEnd, view }: Latest = {
          view: TurnView.begin(1, DateTime.toEpochMillis(createdAt)),
          head: 0,
          previousEnd: 0
        }
        for (;;) {
          const events = yield* sessions.eventsPage(id, head, pageSize)
          for (const event of events) {
            const next = TurnView.advance(view, event)
            if (next.turn > view.turn) previousEnd = event.id - 1
            view = next
            head = event.id
          }
          if (events.length < pageSize) return { view, head, previousEnd }
        }
      })

      const reject = Effect.fnUntraced(function*({ answers, reason = "" }: ChatCommand, found: Found, by: Requester) {
        if (reason === "") {
          return Outcome.ReasonWanted({ found, answers: yield* waitingPlan(found.session, answers) })
        }
        const session = yield* sessions.reject(found.session.id, { reason, answers, by })
        return Outcome.Rejected({ found: { ...found, session } })
      })

      /** As much again as there was at first: a chat offers no other amount. */
      const addBudget = Effect.fnUntraced(function*(found: Found, by: Requester) {
        const { view: { budget } } = yield* latest(found.session)
        if (budget === undefined) return yield* new ChatRefusal({ reason: "this session does not wait for a budget" })
        const session = yield* sessions.addBudget(found.session.id, { addUsd: budget.addUsd, by })
        return Outcome.BudgetAdded({ found: { ...found, session }, addedUsd: budget.addUsd })
      })

      const stop = Effect.fnUntraced(function*({ turn }: ChatCommand, found: Found, { by, stopTimeout }: Caller) {
        // the stop is recorded at once; only the clean-up takes time
        const stopping = sessions.stop(found.session.id, by, turn)
        const stopped = yield* stopTimeout === undefined
          ? Effect.asSome(stopping)
          : Effect.timeoutOption(stopping, stopTimeout)
        return Outcome.Stopped({
          found: { ...found, session: Option.getOrElse(stopped, () => found.session) },
          isOver: Option.isSome(stopped)
        })
      })

      const run = Effect.fn("SessionActions.run")(function*(command: ChatCommand, caller: Caller) {
        const { by, files } = caller
        const found = yield* find(command.id, caller)
        const { id, turn } = found.session
        switch (command.verb) {
          case "status":
            return Outcome.Status({ found })
          case "plan":
            return Outcome.Plan({ found })
          case "diff":
          case "log": {
            const file = yield* reader(sessions, files)(command.verb, id)
            return Outcome.File({ found, kind: command.verb, file })
          }
          case "approve": {
            const session = yield* sessions.approve(id, { answers: command.answers, plan: command.plan, by })
            return Outcome.Approved({ found: { ...found, session } })
          }
          case "reject":
            return yield* reject(command, found, by)
          case "retry": {
            const session = yield* sessions.retry(id, { turn: command.turn ?? turn, by })
            return Outcome.Retried({ found: { ...found, session } })
          }
          case "budget":
            return yield* addBudget(found, by)
          case "stop":
            return yield* stop(command, found, caller)
        }
      })

      return SessionActions.of({
        find,
        run,
        latest,
        repository: Effect.fn("SessionActions.repository")((name, repositories) =>
          name === undefined
            ? Effect.map(conversations.repositoryOf(repositories), Option.map(({ repo }) => repo))
            : Effect.asSome(conversations.setRepository(repositories.conversations[0], name))
        ),
        list: Effect.fn("SessionActions.list")((limit) =>
          Effect.map(sessions.list({ limit }), (page) => page.sessions)
        ),
        followUp: Effect.fn("SessionActions.followUp")((id, text, by, key) =>
          text.trim() === ""
            ? new ChatRefusal({ reason: "what should be done? The message is empty" })
            : Effect.asVoid(sessions.message(id, text.trim(), by, key))
        ),
        watch: Effect.fn("SessionActions.watch")(function*(session, watcher, target) {
          const { head, previousEnd, view } = yield* latest(session)
          const from = session.isEnded
            ? { cursor: head, view }
            : { cursor: previousEnd, view: TurnView.begin(view.turn, yield* Clock.currentTimeMillis) }
          yield* outbox.watch({ sessionId: session.id, watcher }, target, Watching.write(from))
        })
      })
    })
  )
}

const pageSize = 500
