/**
 * The life of one session. An actor takes messages from its mailbox one at a time and performs what its behaviour says
 * (`Behaviour.ts`), while at most one step of the turn runs beside it. When it only waits, for a person or for
 * admission, it leaves memory: the log contains everything that it knew.
 *
 * Releasing an actor (a shutdown, a handoff) records nothing, and the next owner continues from the log. Only a
 * recorded stop cancels.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberHandle from "effect/FiberHandle"
import * as Schedule from "effect/Schedule"
import type { SessionId } from "../../domain/Ids.ts"
import { abandonTurn, deadlineOf, type Step } from "../../domain/NextStep.ts"
import { evolveAll } from "../../domain/SessionFold.ts"
import type { SessionState } from "../../domain/SessionState.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { SessionLost, SessionStore } from "../../services/store/SessionStore.ts"
import { logStoreError, type StoreError } from "../../services/store/StoreError.ts"
import { countTurnEnded, Pipeline } from "../steps/Pipeline.ts"
import type { RecordFailure, StepContext, StepFailure } from "../steps/StepContext.ts"
import type { ActorMailbox } from "./ActorMailbox.ts"
import { Admission } from "./Admission.ts"
import { Action, Behaviour, isIdle, type Reaction, receive, settle } from "./Behaviour.ts"
import { abandon, type ActorFailure, Message, outcomeOf, type RecordRefusal } from "./Messages.ts"
import * as Reply from "./Reply.ts"

/** What an actor knows: its behaviour, and the session's state as of its last commit. */
interface Self {
  readonly behaviour: Behaviour
  readonly state: SessionState
  /** A failed write that may still have been committed: the log may be ahead of this state. */
  readonly uncertainWrite: StoreError | undefined
}

type Persist = Extract<Action, { readonly _tag: "Persist" }>

const isAlive = ({ behaviour }: Self): boolean => behaviour._tag !== "Stopped"

/** Tries again while the log cannot be read or written (a full disk). */
const untilStoreWorks = <A, E extends { readonly _tag: string }, R>(self: Effect.Effect<A, E, R>) =>
  Effect.retry(self, { schedule: Schedule.spaced("5 seconds"), while: ({ _tag }) => _tag === "StoreError" })

export const make = Effect.gen(function*() {
  const admission = yield* Admission
  const { dataDir, fourEyes } = yield* AppConfig
  const pipeline = yield* Pipeline
  const store = yield* SessionStore

  /** Runs until the session rests or waits for admission with an empty mailbox, or until it is released. */
  const run = Effect.fn("SessionActor.run")(
    function*(id: SessionId, mailbox: ActorMailbox) {
      const claim = yield* store.claim(id, dataDir)
      const running = yield* FiberHandle.make<void, StepFailure | RecordFailure>()

      const startStep = (step: Step, state: SessionState) =>
        FiberHandle.run(
          running,
          deadlineAlarm(state, step, mailbox).pipe(
            Effect.zipRight(pipeline.perform({ claim, state, record: recorder(id, mailbox) }, step)),
            Effect.scoped,
            Effect.tapErrorCause((cause) =>
              Cause.isDie(cause) ? Effect.logError(`the step ${step._tag} died`, cause) : Effect.void
            ),
            Effect.onExit((exit) => mailbox.offer(Message.StepEnded({ outcome: outcomeOf(exit) }))),
            Effect.annotateLogs({ step: step._tag })
          )
        )

      /** Adopts the new state and reacts to it. */
      const adopt = (self: Self, state: SessionState) =>
        carryOut({ ...self, state, uncertainWrite: undefined }, settle(self.behaviour, state))

      /** Reads the log again if it may be ahead. While that fails, the actor stays as it was. */
      const reloadIfUncertain = (self: Self): Effect.Effect<Self, ActorFailure> =>
        self.uncertainWrite === undefined
          ? Effect.succeed(self)
          : Effect.matchEffect(store.load(id), {
            onSuccess: (state) => adopt(self, state),
            onFailure: (error) => error._tag === "StoreError" ? Effect.succeed(self) : Effect.fail(error)
          })

      const persist = (self: Self, { attachment, events, next, receipt, reply }: Persist) =>
        // a question for the state: the store has nothing to do
        events.length === 0 && attachment === undefined && receipt === undefined
          ? Effect.as(reply.complete(Exit.succeed(self.state)), self)
          : Effect.matchEffect(store.append(claim, events, next, { attachment, receipt }), {
            onSuccess: (outcome) => {
              const state = outcome === "written" ? next : self.state
              return Effect.zipRight(reply.complete(Exit.succeed(state)), adopt(self, state))
            },
            // the sender is told, and may ask again
            onFailure: (error) =>
              Effect.zipRight(
                reply.complete(Exit.fail(error)),
                error._tag === "SessionLost"
                  ? Effect.fail(error)
                  : reloadIfUncertain({ ...self, uncertainWrite: error })
              )
          })

      const performAction = (self: Self, action: Action): Effect.Effect<Self, ActorFailure> =>
        Action.$match(action, {
          Persist: (action) => persist(self, action),
          Refuse: ({ error, reply }) => Effect.as(reply.complete(Exit.fail(error)), self),
          RefuseFacts: ({ error, reply }) => Effect.as(reply.complete(Exit.fail(error)), self),
          Perform: ({ step }) => Effect.as(startStep(step, self.state), self),
          Interrupt: () =>
            FiberHandle.get(running).pipe(
              Effect.flatMap(Fiber.interruptFork),
              Effect.ignore, // it has ended by itself, and has said so
              Effect.as(self)
            ),
          RequestAdmission: () =>
            Effect.flatMap(admission.request(id), (isAdmitted) =>
              isAdmitted ? receiveMessage(self, Message.Admitted()) : Effect.succeed(self)),
          ReleaseAdmission: () =>
            Effect.as(admission.release(id), self),
          Abandon: ({ message }) => Effect.as(abandon(message), self),
          Fail: ({ cause }) => Effect.failCause(cause)
        })

      const carryOut = (self: Self, { actions, behaviour }: Reaction): Effect.Effect<Self, ActorFailure> =>
        Effect.reduce(actions, { ...self, behaviour }, performAction)

      const receiveMessage = (before: Self, message: Message): Effect.Effect<Self, ActorFailure> =>
        Effect.flatMap(reloadIfUncertain(before), (self) =>
          // decide nothing on a state that may be outdated
          self.uncertainWrite !== undefined && (message._tag === "Ask" || message._tag === "Record")
            ? Effect.as(abandon(message, self.uncertainWrite), self)
            : carryOut(self, receive(id, self.behaviour, self.state, message, { fourEyes })))

      /**
       * Leaves memory if there is nothing to do and nothing to read. If the log may be ahead it may have to do something
       * after all: the actor fails, to be restarted until the log can be read.
       */
      const passivate = (self: Self): Effect.Effect<Self, ActorFailure> =>
        !isIdle(self.behaviour)
          ? Effect.succeed(self)
          : self.uncertainWrite !== undefined
          ? Effect.fail(self.uncertainWrite)
          : Effect.map(
            mailbox.closeIfEmpty,
            (isClosed) => isClosed ? { ...self, behaviour: Behaviour.Stopped() } : self
          )

      const state = yield* store.load(id)
      const awake = yield* adopt({ behaviour: Behaviour.Resting(), state, uncertainWrite: undefined }, state)
      yield* Effect.iterate(yield* passivate(awake), {
        while: isAlive,
        body: (self) =>
          Effect.flatMap(
            Effect.orDie(mailbox.take),
            (message) => Effect.onError(receiveMessage(self, message), () => abandon(message))
          ).pipe(Effect.flatMap(passivate))
      })
    },
    // before its step is interrupted: the step must not wait for room in a mailbox that nobody reads
    (effect, _id, mailbox) => Effect.ensuring(effect, mailbox.close),
    Effect.scoped,
    (effect, id) => Effect.annotateLogs(effect, { sessionId: id })
  )

  /**
   * Records the end of a session's turn when no actor could be kept alive. It claims the session first, performs no step
   * and cleans nothing up: what made the actor fail must not make its end fail, too. While the log cannot be read or
   * written, it is tried again.
   */
  const endTurn = Effect.fn("SessionActor.endTurn")(
    function*(id: SessionId, reason: string) {
      const claim = yield* store.claim(id, dataDir)
      const state = yield* store.load(id)
      const events = abandonTurn(state, reason, yield* DateTime.now)
      if (events.length === 0) return
      yield* store.append(claim, events, evolveAll(state, events))
      yield* Effect.forEach(events, (event) => event._tag === "TurnEnded" ? countTurnEnded(event.end) : Effect.void, {
        discard: true
      })
    },
    Effect.tapErrorTag("StoreError", logStoreError),
    untilStoreWorks
  )

  return { run, endTurn }
})

/** How a step records: through the actor, whose state the facts change. */
const recorder = (id: SessionId, mailbox: ActorMailbox): StepContext["record"] => (events, attachment) =>
  Effect.gen(function*() {
    const { reply, result } = yield* Reply.make<RecordRefusal>()
    const isTaken = yield* mailbox.offer(Message.Record({ events, attachment, reply }))
    return isTaken ? yield* result : yield* new SessionLost({ sessionId: id })
  }).pipe(
    Effect.catchTags({
      ActorGone: () => new SessionLost({ sessionId: id }),
      SessionNotFound: () => new SessionLost({ sessionId: id })
    }),
    Effect.tapErrorTag("StoreError", (error) => Effect.logError(error)),
    untilStoreWorks
  )

/** Tells the actor when the turn runs out of time, for the lifetime of the step's scope. */
const deadlineAlarm = (state: SessionState, step: Step, mailbox: ActorMailbox) => {
  const deadline = step._tag === "EndTurn" ? undefined : deadlineOf(state)
  if (deadline === undefined) return Effect.void
  return Effect.flatMap(
    Clock.currentTimeMillis,
    (now) =>
      Effect.sleep(Math.max(0, DateTime.toEpochMillis(deadline) - now)).pipe(
        Effect.zipRight(mailbox.offer(Message.DeadlinePassed({ deadline }))),
        Effect.forkScoped
      )
  )
}
