/**
 * Commands to an existing session, and the decision about each. Pure: the session's actor decides, and the store writes
 * the resulting events in one transaction. (Creating a session needs no decision: see `SessionCreated`.)
 */
import * as Data from "effect/Data"
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
  Stop: { readonly by: Requester }
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

export class NothingToApprove
  extends Schema.TaggedError<NothingToApprove>()("NothingToApprove", { sessionId: SessionId })
{
  override get message() {
    return `session ${this.sessionId} has no plan waiting for approval`
  }
}

/** The answer refers to a plan that has been replaced. */
export class PlanReplaced extends Schema.TaggedError<PlanReplaced>()("PlanReplaced", {
  sessionId: SessionId,
  answered: PlanRef,
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
  readonly Stop: SessionEnded
  readonly Retry: NothingToRetry
}
export type CommandRejected = Rejections[CommandTag]
export type RejectionOf<C extends SessionCommand> = Rejections[C["_tag"]]

const rejections = {
  Message: [],
  Approve: ["NothingToApprove", "PlanReplaced", "ApproverIsRequester"],
  Reject: ["NothingToApprove", "PlanReplaced"],
  Stop: ["SessionEnded"],
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

/** The waiting plan, if it is the one that the answer refers to. */
const answered = (
  id: SessionId,
  { phase }: SessionState,
  answers: PlanRef | undefined,
  decide: (waiting: Waiting) => Decision<ApproverIsRequester>
): Decision<Rejections["Approve"]> => {
  if (phase._tag !== "Waiting") return reject(new NothingToApprove({ sessionId: id }))
  const waiting = { turn: phase.turn.number, proposal: proposalOf(phase) }
  return answers !== undefined && (answers.turn !== waiting.turn || answers.proposal !== waiting.proposal)
    ? reject(new PlanReplaced({ sessionId: id, answered: answers, waiting }))
    : decide(phase)
}

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
const stop = (id: SessionId, state: SessionState, { by }: Named<"Stop">): Decision<SessionEnded> => {
  const { phase } = state
  if (phase._tag === "Ended") return reject(new SessionEnded({ sessionId: id, end: phase.end }))
  return phase._tag === "Stopping" ? accept() : accept(Event.StopRequested.make({ turn: currentTurn(state), by }))
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
