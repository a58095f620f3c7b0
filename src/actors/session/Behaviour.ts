/**
 * What a session's actor does with a message, as data. An actor has one behaviour at a time and at most one running
 * step; `receive` maps a message to the next behaviour and the actions to perform. Nothing here has an effect:
 * `SessionActor.ts` performs the actions.
 *
 * The actor owns the state. Only `Persist` changes it, for a step's own facts, too, and `settle` decides what follows
 * from each change: the next step, an interruption, or rest.
 */
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import type { SessionId } from "../../domain/Ids.ts"
import type { Step } from "../../domain/NextStep.ts"
import { deadlineOf, failed, needsAdmission, nextStep, timedOut } from "../../domain/NextStep.ts"
import { type CommandRejected, decide, type DecisionRules } from "../../domain/SessionCommand.ts"
import type { SessionEvent } from "../../domain/SessionEvent.ts"
import { evolveAll, firstRefused } from "../../domain/SessionFold.ts"
import type { SessionState } from "../../domain/SessionState.ts"
import type { Attachment, ReceiptKey } from "../../services/store/SessionStore.ts"
import { EventsRefused } from "../steps/StepContext.ts"
import { type ActorFailure, Message, type RecordRefusal, StepOutcome } from "./Messages.ts"
import type { Reply } from "./Reply.ts"

/** What an actor is doing. */
export type Behaviour = Data.TaggedEnum<{
  /** There is nothing to do: the session waits for a person, or has ended. */
  Resting: object
  /** The next step needs admission, and other sessions come first. */
  Queued: object
  /**
   * A step is running. `begunWith`: the state when the step began. A step that ends with this same state made no
   * progress: that is a defect.
   */
  Working: { readonly step: Step; readonly begunWith: SessionState }
  /** The running step is being interrupted; `then` follows when it has ended. */
  Interrupting: { readonly then: "proceed" | "time out" | "leave" }
  /** The actor has left memory. */
  Stopped: object
}>
export const Behaviour = Data.taggedEnum<Behaviour>()

/** What the actor has to do, in order. */
export type Action = Data.TaggedEnum<{
  /** Commit facts. The resulting state becomes the actor's, and is sent as the reply. */
  Persist: {
    readonly events: ReadonlyArray<SessionEvent>
    readonly next: SessionState
    readonly receipt?: ReceiptKey | undefined
    readonly attachment?: Attachment | undefined
    readonly reply: Reply<RecordRefusal>
  }
  /** Reply with the reason for a rejection. */
  Refuse: { readonly reply: Reply<CommandRejected>; readonly error: CommandRejected }
  /** Tell the step that its facts were not recorded. */
  RefuseFacts: { readonly reply: Reply<EventsRefused>; readonly error: EventsRefused }
  /** Start a step. */
  Perform: { readonly step: Step }
  /** Interrupt the running step. It reports its end by `StepEnded`. */
  Interrupt: object
  /** Request admission: `Admitted` follows at once if it is granted, else `CheckAdmission` when it is. */
  RequestAdmission: object
  /** Release admission, or leave the queue for it. */
  ReleaseAdmission: object
  /** Tell the sender that the actor has left. */
  Abandon: { readonly message: Message }
  /** Fail; the supervisor decides what happens. */
  Fail: { readonly cause: Cause.Cause<ActorFailure> }
}>
export const Action = Data.taggedEnum<Action>()

export interface Reaction {
  readonly behaviour: Behaviour
  readonly actions: ReadonlyArray<Action>
}

/**
 * Whether the actor only waits. It then leaves memory as soon as its mailbox is empty (passivation): the log contains
 * everything that it knew.
 */
export const isIdle = (behaviour: Behaviour): boolean => behaviour._tag === "Resting" || behaviour._tag === "Queued"

const become = (behaviour: Behaviour, ...actions: ReadonlyArray<Action>): Reaction => ({ behaviour, actions })

const perform = (step: Step, state: SessionState): Reaction =>
  become(Behaviour.Working({ step, begunWith: state }), Action.Perform({ step }))

type Persist = Extract<Action, { readonly _tag: "Persist" }>

const persist = (
  state: SessionState,
  events: ReadonlyArray<SessionEvent>,
  rest: Pick<Persist, "attachment" | "receipt" | "reply">
): Action => Action.Persist({ events, next: evolveAll(state, events), ...rest })

const isCancel = (step: Step): boolean => step._tag === "EndTurn" && step.end === "cancelled"

/** What the state requires when no step is running. Admission that is already held is granted at once. */
const proceed = (state: SessionState): Reaction => {
  const step = nextStep(state)
  if (step._tag === "Rest") return become(Behaviour.Resting(), Action.ReleaseAdmission())
  return needsAdmission(step)
    ? become(Behaviour.Queued(), Action.RequestAdmission())
    : perform(step, state)
}

const interrupt = (then: Extract<Behaviour, { readonly _tag: "Interrupting" }>["then"]): Reaction =>
  become(Behaviour.Interrupting({ then }), Action.Interrupt())

/** What follows from the current state, after it was read and after each change. */
export const settle = (behaviour: Behaviour, state: SessionState): Reaction =>
  Behaviour.$match(behaviour, {
    Resting: () => proceed(state),
    Queued: () => proceed(state),
    // a step that a stop made pointless is interrupted before the clean-up starts
    Working: ({ step }) => isCancel(nextStep(state)) && !isCancel(step) ? interrupt("proceed") : become(behaviour),
    Interrupting: () => become(behaviour),
    Stopped: () => become(behaviour)
  })

/** Ends the turn with a failure, or as cancelled if a stop was recorded meanwhile. */
const endTurn = (state: SessionState, failure: Step): Reaction =>
  perform(isCancel(nextStep(state)) ? nextStep(state) : failure, state)

const leave = become(Behaviour.Stopped())

const fail = (cause: Cause.Cause<ActorFailure>): Reaction => become(Behaviour.Stopped(), Action.Fail({ cause }))

/** A step has ended: the state determines what comes next, unless the step failed. */
const stepEnded = (
  { begunWith, step }: Extract<Behaviour, { readonly _tag: "Working" }>,
  state: SessionState,
  outcome: StepOutcome
): Reaction => {
  const died = (cause: Cause.Cause<never>) =>
    step._tag === "EndTurn" ? fail(cause) : endTurn(state, failed(state, "an internal error; the server's log has it"))
  return StepOutcome.$match(outcome, {
    Ended: () => {
      if (state === begunWith) return died(Cause.die(new Error(`the step ${step._tag} changed nothing`)))
      const next = proceed(state)
      // the next turn queues again: other sessions have waited longer
      return step._tag === "EndTurn" ? become(next.behaviour, Action.ReleaseAdmission(), ...next.actions) : next
    },
    Failed: ({ reason }) => endTurn(state, failed(state, reason)),
    Died: ({ cause }) => died(cause),
    Interrupted: () =>
      died(Cause.die(new Error(`the step ${step._tag} was interrupted by something other than its actor`))),
    Unrecorded: ({ error }) => fail(Cause.fail(error))
  })
}

/** The interrupted step has ended. */
const interrupted = (
  { then }: Extract<Behaviour, { readonly _tag: "Interrupting" }>,
  state: SessionState
): Reaction => {
  switch (then) {
    case "proceed":
      return proceed(state)
    case "time out":
      return endTurn(state, timedOut(state))
    case "leave":
      return leave
  }
}

const isDeadlineOf = (state: SessionState, deadline: DateTime.Utc): boolean => {
  const current = deadlineOf(state)
  return current !== undefined && DateTime.Equivalence(current, deadline)
}

/** Maps a message to a reaction. `state` is the session's state according to the log. */
export const receive = (
  id: SessionId,
  behaviour: Behaviour,
  state: SessionState,
  message: Message,
  rules: DecisionRules
): Reaction => {
  const ignore = become(behaviour)
  return Message.$match(message, {
    // commands are decided in every behaviour but the last: what they mean depends on the state alone
    Ask: ({ command, receipt, reply }) => {
      if (behaviour._tag === "Stopped") return become(behaviour, Action.Abandon({ message }))
      const decision = decide(id, state, command, rules)
      return decision._tag === "Rejected"
        ? become(behaviour, Action.Refuse({ reply, error: decision.error }))
        : become(behaviour, persist(state, decision.events, { receipt, reply }))
    },
    Record: ({ attachment, events, reply }) => {
      if (behaviour._tag === "Stopped") return become(behaviour, Action.Abandon({ message }))
      const refused = firstRefused(state, events)
      return refused === undefined
        ? become(behaviour, persist(state, events, { attachment, reply }))
        : become(
          behaviour,
          Action.RefuseFacts({ reply, error: new EventsRefused({ sessionId: id, event: refused._tag }) })
        )
    },
    StepEnded: ({ outcome }) =>
      behaviour._tag === "Working"
        ? stepEnded(behaviour, state, outcome)
        : behaviour._tag === "Interrupting"
        ? interrupted(behaviour, state)
        : ignore,
    Admitted: () => behaviour._tag === "Queued" ? perform(nextStep(state), state) : ignore,
    CheckAdmission: () =>
      behaviour._tag === "Queued"
        ? become(behaviour, Action.RequestAdmission())
        : behaviour._tag === "Resting"
        ? become(behaviour, Action.ReleaseAdmission())
        : ignore,
    DeadlinePassed: ({ deadline }) =>
      behaviour._tag === "Working" && behaviour.step._tag !== "EndTurn" && isDeadlineOf(state, deadline)
        ? interrupt("time out")
        : ignore,
    Release: () =>
      behaviour._tag === "Working"
        ? interrupt("leave")
        : behaviour._tag === "Interrupting"
        ? become(Behaviour.Interrupting({ then: "leave" }))
        : leave
  })
}
