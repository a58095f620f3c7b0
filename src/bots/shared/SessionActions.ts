/**
 * What people do to sessions from a chat: each command is decided here, once, and a platform words what came of it.
 * What cannot be done is a typed refusal, whose message is a sentence for the person who asked (`refusing`).
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Sessions, type SessionUnavailable } from "../../actors/Sessions.ts"
import { SessionId } from "../../domain/Ids.ts"
import type { Requester } from "../../domain/Requester.ts"
import type { Session, SessionNotFound } from "../../domain/Session.ts"
import {
  type ApproverIsRequester,
  NothingToApprove,
  type NothingToRetry,
  PlanRef,
  PlanReplaced,
  type SessionEnded
} from "../../domain/SessionCommand.ts"
import type { InvalidRequest } from "../../domain/SessionRequest.ts"
import { Outbox } from "../../services/store/Outbox.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import { ChatRefusal, type Conversation, Conversations } from "./Conversations.ts"
import type { FileKind } from "./Posted.ts"
import { type FileFormat, reader, type SessionFile } from "./SessionFiles.ts"
import * as TurnView from "./TurnView.ts"
import * as Watching from "./Watching.ts"

export const verbs = ["status", "plan", "diff", "log", "approve", "reject", "retry", "stop"] as const
export type Verb = typeof verbs[number]

/** A command about a session, given in words or by a button. */
export interface Command {
  readonly verb: Verb
  /** The session's id, or the beginning of it; without one it is the conversation's. */
  readonly id: string | undefined
  /** Why a plan is rejected; empty where it was not said. */
  readonly reason?: string
  /** An edited plan that is approved. */
  readonly plan?: string
  /** The plan that was seen; whatever plan waits where it is not given. */
  readonly answers?: PlanRef
  /** The turn that was seen; the last one where it is not given. */
  readonly turn?: number
}

/** By what a session was found. */
export type How = "id" | "thread" | "latest" | "reply" | "current"

export interface Found {
  readonly session: Session
  readonly how: How
}

/** Who gives a command, and where. */
export interface Caller {
  readonly by: Requester
  /** The conversations whose session is meant where none is named, in their order. */
  readonly conversations: ReadonlyArray<readonly [how: How, conversation: Conversation]>
  /** What is said where none of them has one. */
  readonly noSession: string
  readonly files: FileFormat
  /** How long a stop may take before it is told as under way; as long as it takes where absent. */
  readonly stopTimeout?: Duration.DurationInput
}

/** What came of a command. */
export type Outcome = Data.TaggedEnum<{
  Status: { readonly found: Found }
  Plan: { readonly found: Found }
  File: { readonly found: Found; readonly kind: FileKind; readonly file: Option.Option<SessionFile> }
  Approved: { readonly found: Found }
  Rejected: { readonly found: Found }
  /** Why is to be asked, about this plan. */
  ReasonWanted: { readonly found: Found; readonly answers: PlanRef }
  Retried: { readonly found: Found }
  /** Its stop is recorded; whether its sandbox is gone already. */
  Stopped: { readonly found: Found; readonly isOver: boolean }
}>
export const Outcome = Data.taggedEnum<Outcome>()

/** The button of a turn that is over must not stop the next one. */
export class TurnOver extends Schema.TaggedError<TurnOver>()("TurnOver", { sessionId: SessionId, turn: Schema.Int }) {
  override get message() {
    return "that turn is over"
  }
}

export type Refused =
  | ApproverIsRequester
  | ChatRefusal
  | InvalidRequest
  | NothingToApprove
  | NothingToRetry
  | PlanReplaced
  | SessionEnded
  | SessionNotFound
  | SessionUnavailable
  | TurnOver

const isStoreError = (error: Refused | StoreError): error is StoreError => error._tag === "StoreError"

/** Every refusal as the sentence that it is. */
export const refusing = <A, E extends Refused | StoreError, R>(self: Effect.Effect<A, E, R>) =>
  Effect.mapError(
    self,
    (error: Refused | StoreError): ChatRefusal | StoreError =>
      isStoreError(error) ? error : new ChatRefusal({ reason: error.message })
  )

const isSamePlan = Schema.equivalence(PlanRef)

/** The newest turn of a session. */
export interface Latest {
  readonly view: TurnView.TurnView
  /** The newest event, and the one that ended the turn before the newest one. */
  readonly head: number
  readonly previousEnd: number
}

export class SessionActions extends Context.Tag("opentl/bots/shared/SessionActions")<SessionActions, {
  /** The session that is meant. */
  readonly find: (id: string | undefined, caller: Caller) => Effect.Effect<Found, Refused | StoreError>
  /** Carries out a command. */
  readonly run: (command: Command, caller: Caller) => Effect.Effect<Outcome, Refused | StoreError>
  /** The plan that waits, where it is the one that was seen. */
  readonly waitingPlan: (
    session: Session,
    answers: PlanRef | undefined
  ) => Effect.Effect<PlanRef, NothingToApprove | PlanReplaced>
  /** Adds to what a session is to do; `key` names the message on its platform. */
  readonly followUp: (
    id: SessionId,
    text: string,
    by: Requester,
    key: string
  ) => Effect.Effect<void, Refused | StoreError>
  readonly list: (limit: number) => Effect.Effect<ReadonlyArray<Session>, Refused | StoreError>
  /** A session's newest turn as its events tell it. */
  readonly latest: (session: Session) => Effect.Effect<Latest, Refused | StoreError>
  /** From now on the watcher is told of the session: of the turn at work, or of the next one. */
  readonly watch: (session: Session, watcher: string, target: unknown) => Effect.Effect<void, Refused | StoreError>
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

      const waitingPlan = Effect.fn("SessionActions.waitingPlan")(
        function*({ id: sessionId, proposal, turn }: Session, answers: PlanRef | undefined) {
          if (proposal === undefined) return yield* new NothingToApprove({ sessionId })
          const waiting = { turn, proposal }
          if (answers !== undefined && !isSamePlan(answers, waiting)) {
            return yield* new PlanReplaced({ sessionId, answered: answers, waiting })
          }
          return waiting
        }
      )

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

      const reject = Effect.fnUntraced(function*({ answers, reason = "" }: Command, found: Found, by: Requester) {
        if (reason === "") {
          return Outcome.ReasonWanted({ found, answers: yield* waitingPlan(found.session, answers) })
        }
        const session = yield* sessions.reject(found.session.id, { reason, answers, by })
        return Outcome.Rejected({ found: { ...found, session } })
      })

      const stop = Effect.fnUntraced(function*({ turn }: Command, found: Found, { by, stopTimeout }: Caller) {
        const { id } = found.session
        if (turn !== undefined) {
          const { view } = yield* latest(found.session)
          if (view.turn !== turn || view.end !== undefined) return yield* new TurnOver({ sessionId: id, turn })
        }
        // the stop is recorded at once; what is waited for is the clean-up
        const stopping = sessions.stop(id, by)
        const stopped = yield* stopTimeout === undefined
          ? Effect.asSome(stopping)
          : Effect.timeoutOption(stopping, stopTimeout)
        return Outcome.Stopped({
          found: { ...found, session: Option.getOrElse(stopped, () => found.session) },
          isOver: Option.isSome(stopped)
        })
      })

      const run = Effect.fn("SessionActions.run")(function*(command: Command, caller: Caller) {
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
          case "stop":
            return yield* stop(command, found, caller)
        }
      })

      return SessionActions.of({
        find,
        run,
        waitingPlan,
        latest,
        list: Effect.fn("SessionActions.list")((limit) =>
          Effect.map(sessions.list({ limit }), (page) => page.sessions)
        ),
        followUp: Effect.fn("SessionActions.followUp")((id, text, by, key) =>
          text.trim() === ""
            ? new ChatRefusal({ reason: "what is to be done? The message is empty" })
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
