/**
 * Commands to an existing session, and the decision about each. Pure: the session's actor decides, and the store writes
 * the resulting events in one transaction. (Creating a session needs no decision: see `SessionCreated`.)
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { budgetUsd } from "./Budget.ts"
import {
  ApproverIsRequester,
  NoBudget,
  NothingToApprove,
  NothingToRetry,
  PlanRef,
  PlanReplaced,
  SessionEnded,
  TurnOver
} from "./CommandErrors.ts"
import * as Dollars from "./Dollars.ts"
import type { SessionId } from "./Ids.ts"
import * as Plan from "./Plan.ts"
import type { Requester } from "./Requester.ts"
import * as Event from "./SessionEvent.ts"
import { currentTurn, planWaiting, proposalOf, type SessionState, type Turn, type Wait } from "./SessionState.ts"

export * from "./CommandErrors.ts"

export type SessionCommand = Data.TaggedEnum<{
  Message: { readonly messageId: string; readonly text: string; readonly by: Requester }
  /** `answers` names the plan that the person saw; without it, the plan that waits now is meant. */
  Approve: { readonly plan: string | undefined; readonly answers: PlanRef | undefined; readonly by: Requester }
  Reject: { readonly reason: string; readonly answers: PlanRef | undefined; readonly by: Requester }
  /** `turn` is the turn that the person saw; without it, whatever the session is doing is stopped. */
  Stop: { readonly turn?: number | undefined; readonly by: Requester }
  /** Repeat the last turn's request. `turn` is the turn that the person saw fail; without it, the last one is meant. */
  Retry: { readonly turn: number | undefined; readonly by: Requester }
  /** Add to the session's budget, or to the day's if it waits for that. */
  AddBudget: { readonly addUsd: number; readonly by: Requester }
  /** The wait that ends by itself is over. Nobody's command: the clock's. */
  Wake: { readonly turn: number }
}>
export const SessionCommand = Data.taggedEnum<SessionCommand>()
type CommandTag = SessionCommand["_tag"]
type Named<Tag extends CommandTag> = Extract<SessionCommand, { readonly _tag: Tag }>

/** The errors that each command can be rejected with. */
interface Rejections {
  readonly Message: never
  readonly Approve: NothingToApprove | PlanReplaced | ApproverIsRequester
  readonly Reject: NothingToApprove | PlanReplaced
  readonly Stop: SessionEnded | TurnOver
  readonly Retry: NothingToRetry
  readonly AddBudget: SessionEnded | NoBudget
  readonly Wake: never
}
export type CommandRejected = Rejections[CommandTag]
export type RejectionOf<C extends SessionCommand> = Rejections[C["_tag"]]

const rejections = {
  Message: [],
  Approve: ["NothingToApprove", "PlanReplaced", "ApproverIsRequester"],
  Reject: ["NothingToApprove", "PlanReplaced"],
  Stop: ["SessionEnded", "TurnOver"],
  Retry: ["NothingToRetry"],
  AddBudget: ["SessionEnded", "NoBudget"],
  Wake: []
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

interface Waiting {
  readonly turn: Turn
  readonly on: Extract<Wait, { readonly _tag: "Approval" }>
}

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
  state: SessionState,
  answers: PlanRef | undefined,
  decide: (waiting: Waiting) => Decision<ApproverIsRequester>
): Decision<Rejections["Approve"]> => {
  const on = planWaiting(state)
  if (state.phase._tag !== "Waiting" || on === undefined) return reject(new NothingToApprove({ sessionId: id }))
  const { turn } = state.phase
  return Either.match(waitingPlan({ id, turn: turn.number, proposal: proposalOf(on) }, answers), {
    onLeft: reject,
    onRight: () => decide({ turn, on })
  })
}

const addBudget = (id: SessionId, state: SessionState, { addUsd, by }: Named<"AddBudget">) => {
  const { phase } = state
  if (phase._tag === "Ended") return reject(new SessionEnded({ sessionId: id, end: phase.end }))
  if (phase._tag === "Waiting" && phase.on._tag === "DayBudget") {
    return accept(Event.DayBudgetRaised.make({ turn: phase.turn.number, by, addUsd }))
  }
  const before = budgetUsd(state)
  return before === undefined
    ? reject(new NoBudget({ sessionId: id }))
    : accept(Event.BudgetRaised.make({ by, addUsd, budgetUsd: Dollars.plus(before, addUsd) }))
}

/** A wait that is over already, or is not that turn's, is left as it is. */
const wake = ({ phase }: SessionState, { turn }: Named<"Wake">): Decision<never> => {
  if (phase._tag !== "Waiting" || phase.turn.number !== turn) return accept()
  switch (phase.on._tag) {
    case "DayBudget":
      return accept(Event.DayBudgetFreed.make({ turn }))
    case "Answers":
      return accept(Event.QuestionsUnanswered.make({ turn }))
    default:
      return accept()
  }
}

/** A message to a session that waits for answers is the answer. */
const message = ({ phase }: SessionState, { by, messageId, text }: Named<"Message">): Decision<never> => {
  const received = Event.MessageReceived.make({ messageId, text, by })
  return phase._tag === "Waiting" && phase.on._tag === "Answers"
    ? accept(received, Event.QuestionsAnswered.make({ turn: phase.turn.number, messageId }))
    : accept(received)
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
    const edited = plan === undefined ? {} : { plan: Plan.edited(waiting.on.plan, plan) }
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
    Message: (command): Decision => message(state, command),
    Approve: (command) => approve(id, state, command, rules),
    Reject: (command) => rejectPlan(id, state, command),
    Stop: (command) => stop(id, state, command),
    Retry: (command) => retry(id, state, command),
    AddBudget: (command) => addBudget(id, state, command),
    Wake: (command) => wake(state, command)
  })
