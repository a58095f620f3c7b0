/**
 * Commands to an existing session, and the decision about each. Pure: the session's actor decides, and the store writes
 * the resulting events in one transaction. (Creating a session needs no decision: see `SessionCreated`.)
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { Ordinal, SessionId } from "./Ids.ts"
import * as Plan from "./Plan.ts"
import type { Requester } from "./Requester.ts"
import * as Event from "./SessionEvent.ts"
import { currentTurn, type Phase, proposalOf, type SessionState } from "./SessionState.ts"

/** The plan that an answer refers to: the turn's n-th proposal, from 1. */
export const PlanRef = Schema.Struct({ turn: Ordinal, proposal: Ordinal })
export type PlanRef = typeof PlanRef.Type

export type SessionCommand = Data.TaggedEnum<{
  Message: { readonly messageId: string; readonly text: string; readonly by: Requester }
  /** `answers` names the plan that the person saw; without it, the plan that waits now is meant. */
  Approve: { readonly plan: string | undefined; readonly answers: PlanRef | undefined; readonly by: Requester }
  Reject: { readonly reason: string; readonly answers: PlanRef | undefined; readonly by: Requester }
  /** `turn` is the turn that the person saw; without it, whatever the session is doing is stopped. */
  Stop: { readonly turn?: number | undefined; readonly by: Requester }
  /** Repeat the last turn's request. `turn` is the turn that the person saw fail; without it, the last one is meant. */
  Retry: { readonly turn: number | undefined; readonly by: Requester }
}>
export const SessionCommand = Data.taggedEnum<SessionCommand>()
type CommandTag = SessionCommand["_tag"]
type Named<Tag extends CommandTag> = Extract<SessionCommand, { readonly _tag: Tag }>

export class SessionEnded
  extends Schema.TaggedError<SessionEnded>()("SessionEnded", { sessionId: SessionId, end: Event.TurnEnd })
{
  override get message() {
    return `session ${this.sessionId} has already ended (${this.end})`
  }
}

/** The stop names a turn (any number) that is not the current one, which goes on. */
export class TurnOver
  extends Schema.TaggedError<TurnOver>()("TurnOver", { sessionId: SessionId, turn: Schema.Number, current: Ordinal })
{
  override get message() {
    return this.turn >= 1 && this.turn < this.current
      ? `turn ${this.turn} of session ${this.sessionId} is over; the session has moved on to turn ${this.current}`
      : `session ${this.sessionId} has no turn ${this.turn}; its current one is turn ${this.current}`
  }
}

export class NothingToApprove
  extends Schema.TaggedError<NothingToApprove>()("NothingToApprove", { sessionId: SessionId })
{
  override get message() {
    return `session ${this.sessionId} has no plan waiting for approval`
  }
}

/** The answer refers to a plan that has been replaced. What was `answered` is as it came: any numbers. */
export class PlanReplaced extends Schema.TaggedError<PlanReplaced>()("PlanReplaced", {
  sessionId: SessionId,
  answered: Schema.Struct({ turn: Schema.Number, proposal: Schema.Number }),
  waiting: PlanRef
}) {
  override get message() {
    return `this answer is for plan ${this.answered.proposal} of turn ${this.answered.turn}, which was replaced: ` +
      `session ${this.sessionId} now waits for an answer to plan ${this.waiting.proposal} of turn ${this.waiting.turn}`
  }
}

export class ApproverIsRequester extends Schema.TaggedError<ApproverIsRequester>()("ApproverIsRequester", {
  sessionId: SessionId,
  name: Schema.String
}) {
  override get message() {
    return `the plan of session ${this.sessionId} must be approved by someone other than ${this.name}, who asked for it`
  }
}

export class NothingToRetry
  extends Schema.TaggedError<NothingToRetry>()("NothingToRetry", { sessionId: SessionId, reason: Schema.String })
{
  override get message() {
    return `there is nothing to retry in session ${this.sessionId}: ${this.reason}`
  }
}

/** The errors that each command can be rejected with. */
interface Rejections {
  readonly Message: never
  readonly Approve: NothingToApprove | PlanReplaced | ApproverIsRequester
  readonly Reject: NothingToApprove | PlanReplaced
  readonly Stop: SessionEnded | TurnOver
  readonly Retry: NothingToRetry
}
export type CommandRejected = Rejections[CommandTag]
export type RejectionOf<C extends SessionCommand> = Rejections[C["_tag"]]

const rejections = {
  Message: [],
  Approve: ["NothingToApprove", "PlanReplaced", "ApproverIsRequester"],
  Reject: ["NothingToApprove", "PlanReplaced"],
  Stop: ["SessionEnded", "TurnOver"],
  Retry: ["NothingToRetry"]
} as const satisfies { readonly [Tag in CommandTag]: ReadonlyArray<Rejections[Tag]["_tag"]> }

const rejectionsOf = (command: SessionCommand): ReadonlyArray<string> => rejections[command._tag]

/** Whether an error is a possible rejection of this command. */
export const isRejectionOf =
  <C extends SessionCommand>(command: C) =>
  <E extends { readonly _tag: string }>(error: E): error is E & RejectionOf<C> =>
    rejectionsOf(command).includes(error._tag)

export type Decision<E = CommandRejected> = Data.TaggedEnum<{
  Accepted: { readonly events: ReadonlyArray<Event.SessionEvent> }
  Rejected: { readonly error: E }
}>
interface DecisionDefinition extends Data.TaggedEnum.WithGenerics<1> {
  readonly taggedEnum: Decision<this["A"]>
}
export const Decision = Data.taggedEnum<DecisionDefinition>()

export interface DecisionRules {
  /** Whether a plan must be approved by someone other than the session's requester. */
  readonly fourEyes: boolean
}

const accept = (...events: ReadonlyArray<Event.SessionEvent>): Decision<never> => Decision.Accepted({ events })
const reject = <E>(error: E): Decision<E> => Decision.Rejected({ error })

type Waiting = Extract<Phase, { readonly _tag: "Waiting" }>

const isSamePlan = Schema.equivalence(PlanRef)

/**
 * The plan that a session waits for an answer to, if it is the one that the answer names. `proposal` is undefined while
 * no plan waits. For an edge that must ask the person something (a reason, an edited plan) before it can send the answer.
 */
export const waitingPlan = (
  { id: sessionId, proposal, turn }: {
    readonly id: SessionId
    readonly turn: number
    readonly proposal?: number | undefined
  },
  answers: PlanRef | undefined
): Either.Either<PlanRef, NothingToApprove | PlanReplaced> => {
  if (proposal === undefined) return Either.left(new NothingToApprove({ sessionId }))
  const waiting = { turn, proposal }
  return answers === undefined || isSamePlan(answers, waiting)
    ? Either.right(waiting)
    : Either.left(new PlanReplaced({ sessionId, answered: answers, waiting }))
}

/** Decides about the waiting plan, if it is the one that the answer refers to. */
const answered = (
  id: SessionId,
  { phase }: SessionState,
  answers: PlanRef | undefined,
  decide: (waiting: Waiting) => Decision<ApproverIsRequester>
): Decision<Rejections["Approve"]> =>
  phase._tag !== "Waiting" ? reject(new NothingToApprove({ sessionId: id })) : Either.match(
    waitingPlan({ id, turn: phase.turn.number, proposal: proposalOf(phase) }, answers),
    { onLeft: reject, onRight: () => decide(phase) }
  )

const approve = (
  id: SessionId,
  state: SessionState,
  { answers, by, plan }: Named<"Approve">,
  rules: DecisionRules
): Decision<Rejections["Approve"]> =>
  answered(id, state, answers, (waiting) => {
    const requester = state.spec.requestedBy.name
    if (rules.fourEyes && by.name === requester) {
      return reject(new ApproverIsRequester({ sessionId: id, name: requester }))
    }
    const edited = plan === undefined ? {} : { plan: Plan.edited(waiting.plan, plan) }
    return accept(Event.PlanApproved.make({ turn: waiting.turn.number, by, ...edited }))
  })

const rejectPlan = (id: SessionId, state: SessionState, { answers, by, reason }: Named<"Reject">) =>
  answered(
    id,
    state,
    answers,
    (waiting) => accept(Event.PlanRejected.make({ turn: waiting.turn.number, by, reason }))
  )

/** A stop that is already in progress is accepted and adds nothing. */
const stop = (id: SessionId, state: SessionState, { by, turn }: Named<"Stop">): Decision<Rejections["Stop"]> => {
  const { phase } = state
  const current = currentTurn(state)
  if (turn !== undefined && turn !== current) return reject(new TurnOver({ sessionId: id, turn, current }))
  if (phase._tag === "Ended") return reject(new SessionEnded({ sessionId: id, end: phase.end }))
  return phase._tag === "Stopping" ? accept() : accept(Event.StopRequested.make({ turn: current, by }))
}

const retry = (id: SessionId, { phase, turns }: SessionState, { by, turn }: Named<"Retry">) => {
  const nothing = (reason: string) => reject(new NothingToRetry({ sessionId: id, reason }))
  if (phase._tag !== "Ended") return nothing("it is still working")
  if (turn !== undefined && turn !== turns) return nothing(`it has moved on since turn ${turn}`)
  return phase.end === "complete"
    ? nothing("its last turn succeeded; send a message to start another one")
    : accept(Event.RetryRequested.make({ turn: turns, by }))
}

/** Decides a command, given the session's current state. */
export const decide = (
  id: SessionId,
  state: SessionState,
  command: SessionCommand,
  rules: DecisionRules = { fourEyes: false }
): Decision =>
  SessionCommand.$match(command, {
    Message: ({ by, messageId, text }): Decision => accept(Event.MessageReceived.make({ messageId, text, by })),
    Approve: (command) => approve(id, state, command, rules),
    Reject: (command) => rejectPlan(id, state, command),
    Stop: (command) => stop(id, state, command),
    Retry: (command) => retry(id, state, command)
  })
