/**
 * What a chat shows of one turn, folded from the session's events. Pure, and plain data: it is stored between two looks
 * at the log, so it is a schema, too.
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { SessionEventView } from "../../domain/EventText.ts"
import * as Gate from "../../domain/Gate.ts"
import * as Requester from "../../domain/Requester.ts"
import * as Review from "../../domain/Review.ts"
import { type SessionEvent, TurnEnd } from "../../domain/SessionEvent.ts"
import * as Usage from "../../domain/Usage.ts"
import * as Verification from "../../domain/Verification.ts"
import { optional } from "../../domain/Wire.ts"
import * as Notice from "./Notice.ts"

export const TurnView = Schema.Struct({
  turn: Schema.Int,
  /** "queued", "planning", "waiting for approval", "round 2: agent at work", "reviewing", … */
  phase: Schema.String,
  round: Schema.Int,
  /** Epoch milliseconds of the turn's first event and of its end. */
  startedAt: Schema.Number,
  endedAt: optional(Schema.Number),
  usage: Usage.Usage,
  /** The agent's newest line of output, or the newest status. */
  lastAction: Schema.String,
  plan: optional(Schema.Struct({ title: Schema.String, markdown: Schema.String })),
  /** Whether the plan waits for a person now. */
  waiting: Schema.Boolean,
  /** What is offered to be added to the budget that the turn waits for now. */
  budget: optional(Schema.UndefinedOr(Schema.Struct({ addUsd: Schema.Number }))),
  /** What else it has waited for, in its order: each is a message of its own. */
  notices: Schema.optionalWith(Schema.Array(Notice.Notice), { default: () => [] }),
  /** How often a plan was put before a person in this turn: each is a message of its own. */
  proposals: Schema.Int,
  /** What was decided about each of them, in their order: "approved by ada (slack)". */
  decisions: Schema.optionalWith(Schema.Array(Schema.String), { default: () => [] }),
  reviews: Schema.Array(Schema.Struct({ round: Schema.Int, verdict: Schema.String, text: Schema.String })),
  /** What the repository's checks said of the newest commit. */
  checks: optional(Schema.String),
  changes: optional(Schema.String),
  pullRequest: optional(Schema.Struct({ number: Schema.Int, url: Schema.String, draft: Schema.Boolean })),
  branch: optional(Schema.String),
  end: optional(Schema.Struct({ end: TurnEnd, text: Schema.String }))
})
export type TurnView = typeof TurnView.Type

/** A turn that nothing is known of yet. */
export const begin = (turn: number, at: number): TurnView => ({
  turn,
  phase: "queued",
  round: 0,
  startedAt: at,
  usage: Usage.none,
  lastAction: "",
  waiting: false,
  notices: [],
  proposals: 0,
  decisions: [],
  reviews: []
})

const decided = (view: TurnView, decision: string): TurnView => ({
  ...view,
  waiting: false,
  lastAction: `plan ${decision}`,
  decisions: [...view.decisions, decision]
})

/** A thought is not what an agent does, nor is what a tool printed, which is indented. */
const isAction = (event: SessionEventView): boolean =>
  event.data.trim() !== "" &&
  !Option.exists(event.agentLine, ({ kind }) =>
    kind === "thought" || (kind === "tool_call" && event.data.startsWith(" ")))

/** The view after one more event. An event of a later turn begins a new view. */
export const update = (view: TurnView, event: SessionEventView): TurnView =>
  // lines of output are many, and of each only its text is shown: none is read as a fact
  event.type === "output"
    ? isAction(event) ? { ...view, lastAction: event.data.trim() } : view
    : Option.match(event.fact, { onNone: () => view, onSome: (fact) => withNotices(evolve(view, fact, event), fact) })

const withNotices = (view: TurnView, fact: SessionEvent): TurnView => {
  const notices = Notice.step(view.notices, fact)
  return notices === view.notices ? view : { ...view, notices }
}

/** Whether the turn waits for a person, or for a budget. */
export const waits = ({ notices, waiting }: Pick<TurnView, "notices" | "waiting">): boolean =>
  waiting || Notice.waits(notices)

const evolve = (view: TurnView, fact: SessionEvent, event: SessionEventView): TurnView => {
  switch (fact._tag) {
    case "SessionCreated":
    case "MessageReceived":
    case "OutputWritten":
    case "NothingChanged":
    case "RetryRequested":
      return view
    case "MessageDelivered":
      return { ...view, lastAction: `the agent was given a message: ${fact.text}` }
    case "TurnStarted":
      return { ...begin(fact.turn, DateTime.toEpochMillis(event.createdAt)), phase: "starting" }
    case "TurnResumed":
      return { ...view, phase: "going on", waiting: false, budget: undefined }
    case "RepositoryPrepared":
      return { ...view, phase: "planning" }
    case "ConfigurationRead":
    case "ProposalFlawed":
    case "BranchChanged":
      return { ...view, lastAction: event.data }
    case "PlanProduced":
      return { ...view, plan: fact.plan, phase: "planned" }
    case "PlanSkipped":
      return { ...view, lastAction: event.data }
    case "ApprovalRequested":
      return { ...view, phase: "waiting for approval", waiting: true, proposals: view.proposals + 1 }
    case "PlanApproved":
      return {
        ...decided(view, `approved by ${Requester.show(fact.by)}${fact.plan === undefined ? "" : ", edited"}`),
        phase: "approved",
        ...(fact.plan === undefined ? {} : { plan: fact.plan })
      }
    case "PlanRejected":
      return { ...decided(view, `rejected by ${Requester.show(fact.by)}: ${fact.reason}`), phase: "planning again" }
    case "QuestionsAsked":
      return { ...view, phase: "waiting for an answer", lastAction: event.data }
    case "QuestionsAnswered":
    case "QuestionsUnanswered":
      return { ...view, phase: "planning", lastAction: event.data }
    case "BudgetReached":
      return { ...view, phase: "waiting for budget", lastAction: event.data, budget: { addUsd: fact.firstUsd } }
    case "DayBudgetReached":
      return { ...view, phase: "waiting for budget", lastAction: event.data, budget: { addUsd: fact.budgetUsd } }
    case "BudgetRaised":
    case "DayBudgetRaised":
    case "DayBudgetFreed":
      return { ...view, lastAction: event.data }
    case "GateHeld":
      return { ...view, phase: "checking", ...(Gate.isClean(fact.gate) ? {} : { lastAction: event.data }) }
    case "VerifyHeld":
      return {
        ...view,
        phase: fact.verification.outcome === "failed" ? "checks failed" : "reviewing",
        checks: Verification.headlineWithTests(fact.verification),
        lastAction: Verification.headline(fact.verification)
      }
    case "RoundStarted":
      return {
        ...view,
        round: fact.round,
        phase: fact.round === 1 ? "agent at work" : "agent revises",
        lastAction: event.data
      }
    case "StatusReported":
    case "ErrorReported":
      return { ...view, lastAction: fact.text }
    case "EndpointRefused":
      return { ...view, lastAction: event.data }
    case "AgentFinished":
      return { ...view, phase: "collecting the changes", lastAction: event.data }
    case "ChangesCollected":
      return { ...view, phase: "checking", changes: event.data.split("\n")[0] ?? "" }
    case "ReviewHeld":
      return {
        ...view,
        phase: "reviewed",
        reviews: [...view.reviews, { round: fact.round, verdict: Review.verdict(fact.review), text: event.data }]
      }
    case "BranchPushed":
      return { ...view, phase: "publishing", branch: fact.branch }
    case "PullRequestOpened":
    case "PullRequestUpdated":
      return { ...view, pullRequest: fact.pullRequest }
    case "StopRequested":
      return { ...view, phase: "stopping", waiting: false, budget: undefined, lastAction: event.data }
    case "UsageRecorded":
      return { ...view, usage: Usage.add(view.usage, fact.usage) }
    case "TurnEnded":
      return {
        ...view,
        turn: fact.turn,
        phase: fact.end,
        waiting: false,
        budget: undefined,
        endedAt: DateTime.toEpochMillis(event.createdAt),
        end: { end: fact.end, text: fact.text }
      }
  }
}

/** Whether the turn ends with this event. Of the many lines of output none is read for it. */
export const isEnd = (event: SessionEventView): boolean =>
  event.type !== "output" && Option.exists(event.fact, ({ _tag }) => _tag === "TurnEnded")

/** The same, where a message that comes after the turn's end begins the next turn, which waits for its start. */
export const advance = (view: TurnView, event: SessionEventView): TurnView =>
  view.end !== undefined && Option.exists(event.fact, ({ _tag }) => _tag === "MessageReceived")
    ? begin(view.turn + 1, DateTime.toEpochMillis(event.createdAt))
    : update(view, event)

/** "1 h 04 min", "3 min 20 s", "42 s" */
export const duration = (millis: number): string => {
  const seconds = Math.max(0, Math.round(millis / 1000))
  const minutes = Math.floor(seconds / 60)
  return seconds < 60
    ? `${seconds} s`
    : minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`
}

/** How long the turn has taken. */
export const elapsed = (view: TurnView, now: number): string => duration((view.endedAt ?? now) - view.startedAt)
