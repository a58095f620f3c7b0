/**
 * The life of one session. An actor takes messages from its mailbox one at a time and does what its behaviour says
 * (`Behaviour.ts`); beside that it has one step of the turn under way. When there is nothing to do but wait, for a person
 * or for admission, it leaves memory: the log has all that it knew.
 *
 * Letting go of an actor (a shutdown, a hand-over) records nothing, and the next owner goes on from the log. Only a
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
import { beginning, deadlineOf, failed, nextStep, type Step } from "../../domain/NextStep.ts"
import type { SessionState } from "../../domain/SessionState.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { SessionLost, SessionStore } from "../../services/store/SessionStore.ts"
import { Pipeline } from "../Pipeline.ts"
import type { RecordFailure, StepContext, StepFailure } from "../StepContext.ts"
import type { ActorMailbox } from "./ActorMailbox.ts"
import { Admission } from "./Admission.ts"
import { Action, Behaviour, type Reaction, receive, settle } from "./Behaviour.ts"
import { abandon, type ActorFailure, Message, outcomeOf, type RecordRefusal } from "./Messages.ts"
import * as Reply from "./Reply.ts"

/** What an actor knows: what it is doing, and the session's state as of its last commit. */
interface Self {
  readonly behaviour: Behaviour
  readonly state: SessionState
}

const isIdle = ({ behaviour }: Self): boolean => behaviour._tag === "Resting" || behaviour._tag === "Queued"
const isAlive = ({ behaviour }: Self): boolean => behaviour._tag !== "Stopped"

/** While the log cannot be written (a full disk) a step's facts wait, and are tried again so often. */
const untilWritten = Schedule.spaced("5 seconds")

export const make = Effect.gen(function*() {
  const admission = yield* Admission
  const { dataDir, fourEyes } = yield* AppConfig
  const pipeline = yield* Pipeline
  const store = yield* SessionStore

  /** Lives until the session rests or waits for admission, and its mailbox is empty; or until it is released. */
  const run = Effect.fn("SessionActor.run")(
    function*(id: SessionId, mailbox: ActorMailbox) {
      const claim = yield* store.claim(id, dataDir)
      const underWay = yield* FiberHandle.make<void, StepFailure | RecordFailure>()

      const perform = (step: Step, state: SessionState) =>
        FiberHandle.run(
          underWay,
          ringing(state, step, mailbox).pipe(
            Effect.zipRight(pipeline.perform({ claim, state, record: recorder(id, mailbox) }, step)),
            Effect.scoped,
            Effect.tapErrorCause((cause) =>
              Cause.isDie(cause) ? Effect.logError(`the step ${step._tag} died`, cause) : Effect.void
            ),
            Effect.onExit((exit) => mailbox.offer(Message.StepEnded({ outcome: outcomeOf(exit) }))),
            Effect.annotateLogs({ step: step._tag })
          )
        )

      const persist = (self: Self, { events, patch, receipt, reply }: Extract<Action, { readonly _tag: "Persist" }>) =>
        store.append(claim, events, { patch, receipt }).pipe(
          Effect.tapBoth({
            onSuccess: (state) => reply.complete(Exit.succeed(state)),
            onFailure: (error) => reply.complete(Exit.fail(error))
          }),
          Effect.catchTags({
            // whoever asked was told, and asks again
            StoreError: () => Effect.succeed(self.state),
            // the log knows more than this actor, by a commit whose answer was lost
            EventsRefused: () => store.state(id)
          }),
          Effect.flatMap((state) => follow({ ...self, state }, settle(self.behaviour, state)))
        )

      const act = (self: Self, action: Action): Effect.Effect<Self, ActorFailure> =>
        Action.$match(action, {
          Persist: (action) => persist(self, action),
          Refuse: ({ error, reply }) => Effect.as(reply.complete(Exit.fail(error)), self),
          RefuseFacts: ({ error, reply }) => Effect.as(reply.complete(Exit.fail(error)), self),
          Perform: ({ step }) => Effect.as(perform(step, self.state), self),
          Interrupt: () =>
            FiberHandle.get(underWay).pipe(
              Effect.flatMap(Fiber.interruptFork),
              Effect.ignore, // it has ended by itself, and has said so
              Effect.as(self)
            ),
          RequestAdmission: () =>
            Effect.flatMap(admission.request(id), (isAdmitted) =>
              isAdmitted ? react(self, Message.Admitted()) : Effect.succeed(self)),
          ReleaseAdmission: () =>
            Effect.as(admission.release(id), self),
          Passivate: () =>
            isIdle(self)
              ? Effect.map(mailbox.closeIfEmpty, (isClosed) =>
                isClosed ? { ...self, behaviour: Behaviour.Stopped() } : self)
              : Effect.succeed(self),
          Leave: () => Effect.succeed(self),
          Fail: ({ cause }) => Effect.failCause(cause)
        })

      const follow = (self: Self, { actions, behaviour }: Reaction): Effect.Effect<Self, ActorFailure> =>
        Effect.reduce(actions, { ...self, behaviour }, act)

      const react = (self: Self, message: Message): Effect.Effect<Self, ActorFailure> =>
        follow(self, receive(id, self.behaviour, self.state, message, { fourEyes }))

      const state = yield* store.state(id)
      const awake = yield* follow({ behaviour: Behaviour.Resting(), state }, settle(Behaviour.Resting(), state))
      yield* Effect.iterate(awake, {
        while: isAlive,
        body: (self) =>
          Effect.flatMap(
            Effect.orDie(mailbox.take),
            (message) => Effect.onError(react(self, message), () => abandon(message))
          )
      })
    },
    // before its step is interrupted: that one must not wait for room in a mailbox that nobody reads
    (effect, _id, mailbox) => Effect.ensuring(effect, mailbox.close),
    Effect.scoped,
    (effect, id) => Effect.annotateLogs(effect, { sessionId: id })
  )

  /** Ends the session's turn, with its sandbox, where no actor could be kept alive. */
  const endTurn = Effect.fn("SessionActor.endTurn")(function*(id: SessionId, reason: string) {
    const claim = yield* store.claim(id, dataDir)
    const record: StepContext["record"] = (events, patch) => Effect.asVoid(store.append(claim, events, { patch }))
    const state = yield* store.append(claim, beginning(yield* store.state(id), yield* DateTime.now))
    const next = nextStep(state)
    if (next._tag !== "Rest") {
      yield* pipeline.perform({ claim, state, record }, next._tag === "EndTurn" ? next : failed(state, reason))
    }
  })

  return { run, endTurn }
})

/** The right to record, as a step has it: by way of the actor, whose state the facts change. */
const recorder = (id: SessionId, mailbox: ActorMailbox): StepContext["record"] => (events, patch) =>
  Effect.gen(function*() {
    const { reply, result } = yield* Reply.make<RecordRefusal>()
    const isTaken = yield* mailbox.offer(Message.Record({ events, patch, reply }))
    return isTaken ? yield* result : yield* new SessionLost({ sessionId: id })
  }).pipe(
    Effect.catchTag("SessionNotFound", () => new SessionLost({ sessionId: id })),
    Effect.tapErrorTag("StoreError", (error) => Effect.logError(error)),
    Effect.retry({ schedule: untilWritten, while: (error) => error._tag === "StoreError" }),
    Effect.asVoid
  )

/** Tells the actor when the turn's time is used up, for as long as the step's scope. */
const ringing = (state: SessionState, step: Step, mailbox: ActorMailbox) => {
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
