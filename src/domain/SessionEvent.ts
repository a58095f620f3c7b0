/**
 * The facts of a session's life. They are the truth: everything else (the session's state, its row, what clients see)
 * is computed from them. A fact is never changed; a changed shape is a new version read beside the old one.
 *
 * `EventText.ts` says a fact in words, `SessionFold.ts` folds facts into a state.
 */
import * as Schema from "effect/Schema"
import { AgentFromString } from "./Agent.ts"
import { AgentLineDetail } from "./AgentLine.ts"
import { BudgetRaised, BudgetReached, DayBudgetFreed, DayBudgetRaised, DayBudgetReached } from "./BudgetFacts.ts"
import { fact } from "./Fact.ts"
import { BranchName, CommitId, Ordinal } from "./Ids.ts"
import { Plan } from "./Plan.ts"
import { QuestionsAnswered, QuestionsAsked, QuestionsUnanswered } from "./QuestionFacts.ts"
import { RepositoryFromString } from "./Repository.ts"
import { Requester } from "./Requester.ts"
import {
  BranchPushed,
  ChangesCollected,
  GateHeld,
  NothingChanged,
  ProposalFlawed,
  PullRequestOpened,
  PullRequestUpdated,
  ReviewHeld,
  VerifyHeld
} from "./ResultFacts.ts"
import { EndpointRefused, UsageRecorded } from "./UsageFacts.ts"
import { key, optional, optionalKey } from "./Wire.ts"

export * from "./BudgetFacts.ts"
export * from "./QuestionFacts.ts"
export * from "./ResultFacts.ts"
export * from "./UsageFacts.ts"

/** What a session is asked to do. Fixed at its creation, limits included, so that a fold needs no configuration. */
export const SessionSpec = Schema.Struct({
  repo: RepositoryFromString,
  prompt: Schema.String,
  agent: AgentFromString,
  /** Why this agent, where OpenTL chose it: a sentence. It is not chosen again. */
  agentReason: optionalKey("agent_reason", Schema.String),
  /** The agent's model; the layer's default where absent. */
  model: optional(Schema.String),
  /** What the request did not name, so that the repository's configuration may, until an agent begins. */
  unasked: optional(Schema.Array(Schema.Literal("agent", "model"))),
  /** The branch to start from; the repository's default where absent. */
  base: optional(BranchName),
  approvePlan: key("approve_plan", Schema.Boolean),
  planOnly: key("plan_only", Schema.Boolean),
  budgetUsd: optionalKey("budget_usd", Schema.Positive),
  timeoutMillis: key("timeout_ms", Schema.Positive),
  reviewRounds: key("max_review_rounds", Schema.NonNegativeInt),
  /** The most runs of the agent in a turn. Absent in logs of earlier versions, where reviews alone were counted. */
  rounds: optionalKey("max_rounds", Ordinal),
  /** Whether the repository's checks are run before a review. */
  verify: optional(Schema.Literal("auto", "off")),
  /** How long the planner's questions wait for an answer; it asks none where this is absent. */
  questionMillis: optionalKey("question_timeout_ms", Schema.Positive),
  /** Whether secrets hold a push back. */
  gate: optional(Schema.Literal("on", "off")),
  /** What becomes a commit: a turn's work (if absent), or that of each of its rounds. */
  commits: optional(Schema.Literal("squash", "rounds")),
  requestedBy: key("requested_by", Requester)
})
export type SessionSpec = typeof SessionSpec.Type

export const SessionCreated = fact("SessionCreated", { branch: BranchName, ...SessionSpec.fields })

export const MessageReceived = fact("MessageReceived", {
  messageId: key("message_id", Schema.String),
  text: Schema.String,
  by: Requester
})

/** A message that waited was given to the agent that was at work: it opens no turn of its own. */
export const MessageDelivered = fact("MessageDelivered", {
  turn: Ordinal,
  round: Ordinal,
  messageId: key("message_id", Schema.String),
  /** Whom it reached. */
  delivered: Schema.Literal("running").pipe(
    Schema.propertySignature,
    Schema.withConstructorDefault(() => "running" as const)
  ),
  text: Schema.String
})

export const TurnStarted = fact("TurnStarted", {
  turn: Ordinal,
  /** The messages taken together as this turn's one prompt. */
  prompt: Schema.String,
  deadline: Schema.DateTimeUtc
})
/** After a wait the turn goes on with the time it had left. */
export const TurnResumed = fact("TurnResumed", { turn: Ordinal, deadline: Schema.DateTimeUtc })

/** Each turn begins with a look at the remote. (In logs of earlier versions only the first one did.) */
export const RepositoryPrepared = fact("RepositoryPrepared", {
  turn: Ordinal,
  base: BranchName,
  /** Where the session's branch forks from its base: what the whole change is measured against. */
  commit: CommitId,
  /** The commit of the session's branch that the turn starts from; absent where it has no such branch yet. */
  start: optional(CommitId)
})
/** What the repository's own configuration says, as it stands on the base commit. */
export const ConfigurationRead = fact("ConfigurationRead", {
  turn: Ordinal,
  /** What is wrong with it, or is ignored in it. */
  problem: optional(Schema.String),
  /** The keys that count. */
  keys: Schema.Array(Schema.String),
  /** The session's agent from now on. */
  agent: optional(AgentFromString),
  model: optional(Schema.String),
  reviewRounds: optionalKey("review_rounds", Schema.NonNegativeInt)
})

/** What others did to the session's branch at the remote since the session last saw it. */
export const BranchChanged = fact("BranchChanged", {
  turn: Ordinal,
  branch: BranchName,
  change: Schema.Literal("pushed", "rewritten", "deleted"),
  /** The branch's commit there; of a deleted branch the one that it had. */
  commit: CommitId,
  /** How many commits of others are new, and who made them (the first few names). */
  commits: Schema.NonNegativeInt,
  authors: Schema.Array(Schema.String)
})

export const PlanProduced = fact("PlanProduced", { turn: Ordinal, plan: Plan })
export const PlanSkipped = fact("PlanSkipped", { turn: Ordinal, reason: Schema.String })
export const ApprovalRequested = fact("ApprovalRequested", {
  turn: Ordinal,
  /** Waiting for a person does not use up the turn's time. */
  remainingMillis: key("remaining_ms", Schema.NonNegative),
  /** The how many-th plan of the turn this is, from 1: what an answer names. */
  proposal: optional(Ordinal)
})
export const PlanApproved = fact("PlanApproved", {
  turn: Ordinal,
  by: Requester,
  /** The edited plan, where it was edited. */
  plan: optional(Plan)
})
export const PlanRejected = fact("PlanRejected", { turn: Ordinal, by: Requester, reason: Schema.String })

export const RoundStarted = fact("RoundStarted", { turn: Ordinal, round: Ordinal, sandbox: Schema.String })

const FromSandbox = {
  turn: Ordinal,
  round: Ordinal,
  /** The line's place in the round's log, from 1: where a re-attached follower goes on. */
  line: Ordinal
}
/** One line of the agent's output. The text is the record's `data` and is not stored twice. */
export const OutputWritten = fact("OutputWritten", {
  ...FromSandbox,
  text: Schema.String,
  partial: optional(Schema.Boolean),
  /** What the line is, of an agent that speaks the Agent Client Protocol. */
  acp: optional(AgentLineDetail)
})
/** A status marker of the entrypoint's, or an agent's to-do list. */
export const StatusReported = fact("StatusReported", {
  ...FromSandbox,
  text: Schema.String,
  acp: optional(AgentLineDetail)
})
/** An error marker of the entrypoint's. It ends nothing: the round's exit does. */
export const ErrorReported = fact("ErrorReported", { ...FromSandbox, text: Schema.String })

export const AgentFinished = fact("AgentFinished", {
  turn: Ordinal,
  round: Ordinal,
  exitCode: key("exit_code", Schema.Int),
  /** The agent's final words, or its last lines where it failed. */
  answer: Schema.String,
  /** Why it ended, where that was not its own doing: killed, out of memory, over a limit. */
  reason: optional(Schema.String)
})

export const StopRequested = fact("StopRequested", { turn: Ordinal, by: Requester })

/** The last turn failed or was stopped; what it was asked for is to be tried again, in a turn of its own. */
export const RetryRequested = fact("RetryRequested", { turn: Schema.NonNegativeInt, by: Requester })

export const TurnEnd = Schema.Literal("complete", "error", "cancelled")
export type TurnEnd = typeof TurnEnd.Type
/** The one ending event of a turn, and the last of its events. */
export const TurnEnded = fact("TurnEnded", { turn: Ordinal, end: TurnEnd, text: Schema.String })

export const SessionEvent = Schema.Union(
  SessionCreated,
  MessageReceived,
  MessageDelivered,
  TurnStarted,
  TurnResumed,
  RepositoryPrepared,
  ConfigurationRead,
  BranchChanged,
  PlanProduced,
  PlanSkipped,
  ApprovalRequested,
  PlanApproved,
  PlanRejected,
  QuestionsAsked,
  QuestionsAnswered,
  QuestionsUnanswered,
  BudgetReached,
  DayBudgetReached,
  BudgetRaised,
  DayBudgetRaised,
  DayBudgetFreed,
  RoundStarted,
  OutputWritten,
  StatusReported,
  ErrorReported,
  AgentFinished,
  ChangesCollected,
  NothingChanged,
  GateHeld,
  VerifyHeld,
  ReviewHeld,
  BranchPushed,
  ProposalFlawed,
  PullRequestOpened,
  PullRequestUpdated,
  StopRequested,
  RetryRequested,
  UsageRecorded,
  EndpointRefused,
  TurnEnded
)
export type SessionEvent = typeof SessionEvent.Type

/** The facts that follow the sandbox's log, stored in batches beside the rest. */
export type LogEvent = typeof OutputWritten.Type | typeof StatusReported.Type | typeof ErrorReported.Type
