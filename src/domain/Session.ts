/**
 * A session as outsiders see it (HTTP, CLI, chat), computed from its state. It contains no secret, container id or host
 * path.
 */
import * as Schema from "effect/Schema"
import * as Agent from "./Agent.ts"
import { budgetUsd } from "./Budget.ts"
import { BranchName, SessionId } from "./Ids.ts"
import { show as showRepository } from "./Repository.ts"
import { Requester } from "./Requester.ts"
import { type Phase, planWaiting, type Progress, proposalOf, type SessionState, type Wait } from "./SessionState.ts"
import { Usage } from "./Usage.ts"
import { VerificationOutcome } from "./Verification.ts"
import { key, optional, optionalKey } from "./Wire.ts"

export const SessionStatus = Schema.Literal("pending", "running", "waiting", "complete", "error", "cancelled")
export type SessionStatus = typeof SessionStatus.Type

export const SessionPhase = Schema.Literal(
  "queued",
  "preparing",
  "planning",
  "approval",
  "budget",
  "questions",
  "coding",
  "revising",
  "verifying",
  "reviewing",
  "publishing",
  "stopping",
  "ended"
)
export type SessionPhase = typeof SessionPhase.Type

/** The part of a session's state that its row stores. */
export const SessionFields = {
  repo: Schema.String,
  prompt: Schema.String,
  status: SessionStatus,
  phase: SessionPhase,
  branch: BranchName,
  base: Schema.NullOr(Schema.String),
  agent: Schema.String,
  model: Schema.NullOr(Schema.String),
  prUrl: optionalKey("pr_url", Schema.String),
  prNumber: optionalKey("pr_number", Schema.Int),
  prDraft: optionalKey("pr_draft", Schema.Boolean),
  error: optional(Schema.String),
  plan: optional(Schema.String),
  /** The number of the turn's waiting plan, from 1; absent if none is waiting. An answer may name it. */
  proposal: optional(Schema.Int),
  /** What the session may spend on models, in US dollars, with what was added to it; absent without a budget. */
  budgetUsd: optionalKey("budget_usd", Schema.NonNegative.pipe(Schema.finite())),
  /** What the planner asks, while it waits for an answer. */
  questions: optional(Schema.Array(Schema.String)),
  /** What it goes on with where nobody answers. */
  assumptions: optional(Schema.Array(Schema.String)),
  /** When a session that waits goes on by itself; absent where only a person lets it go on. */
  waitsUntil: optionalKey("waits_until", Schema.DateTimeUtc),
  /** The last turn's answer or result, if it succeeded. */
  result: optional(Schema.String),
  turn: Schema.NonNegativeInt,
  reviewRounds: key("review_rounds", Schema.NonNegativeInt),
  /** The newest verification's outcome; absent before the first. */
  verification: optional(VerificationOutcome),
  usage: Usage,
  requestedBy: key("requested_by", Requester)
}
export const SessionSummary = Schema.Struct(SessionFields)
export type SessionSummary = typeof SessionSummary.Type

export class Session extends Schema.Class<Session>("Session")({
  id: SessionId,
  ...SessionFields,
  /** The position in the queue, from 1, while the session waits for admission. */
  queuePosition: optionalKey("queue_position", Schema.Int),
  createdAt: key("created_at", Schema.DateTimeUtc),
  updatedAt: key("updated_at", Schema.DateTimeUtc),
  endedAt: optionalKey("ended_at", Schema.DateTimeUtc),
  /** The id of the newest event. */
  lastEventId: key("last_event_id", Schema.NonNegativeInt)
}) {
  /** The same session with a position in the queue. */
  at(queuePosition: number): Session {
    return new Session({ ...this, queuePosition }, { disableValidation: true })
  }

  /** Whether the last turn has ended and nothing is waiting to start. */
  get isEnded(): boolean {
    return isEnd(this.status)
  }
}

export const isEnd = (status: SessionStatus): boolean =>
  status === "complete" || status === "error" || status === "cancelled"

export class SessionNotFound extends Schema.TaggedError<SessionNotFound>()("SessionNotFound", { id: Schema.String }) {
  override get message() {
    return `there is no session ${this.id}`
  }
}

const statuses = {
  Queued: "pending",
  Waiting: "waiting",
  Resuming: "pending",
  Active: "running",
  Stopping: "running"
} as const satisfies Record<Exclude<Phase["_tag"], "Ended">, SessionStatus>

const statusOf = (phase: Phase): SessionStatus => phase._tag === "Ended" ? phase.end : statuses[phase._tag]

const phases = {
  Queued: "queued",
  Resuming: "queued",
  Stopping: "stopping",
  Ended: "ended"
} as const satisfies Record<Exclude<Phase["_tag"], "Active" | "Waiting">, SessionPhase>

const waits = {
  Approval: "approval",
  Budget: "budget",
  DayBudget: "budget",
  Answers: "questions"
} as const satisfies Record<
  Wait["_tag"],
  SessionPhase
>

const stations = {
  Preparing: "preparing",
  Planning: "planning",
  Planned: "planning",
  Coding: "coding",
  Collecting: "coding",
  Gating: "verifying",
  Verifying: "verifying",
  Reviewing: "reviewing",
  Pushing: "publishing",
  Proposing: "publishing",
  Closing: "publishing"
} as const satisfies Record<Progress["_tag"], SessionPhase>

const phaseOf = (phase: Phase): SessionPhase =>
  phase._tag === "Waiting"
    ? waits[phase.on._tag]
    : phase._tag !== "Active"
    ? phases[phase._tag]
    : phase.progress._tag === "Coding" && phase.progress.round > 1
    ? "revising"
    : stations[phase.progress._tag]

const answersOf = ({ assumptions, questions }: Extract<Wait, { readonly _tag: "Answers" }>) => ({
  questions,
  ...(assumptions.length === 0 ? {} : { assumptions })
})

/** The state as outsiders see it. */
export const summarize = (state: SessionState): SessionSummary => {
  const { phase, pullRequest, spec } = state
  const plan = planWaiting(state)
  const budget = budgetUsd(state)
  return {
    repo: showRepository(spec.repo),
    prompt: spec.prompt,
    status: statusOf(phase),
    phase: phaseOf(phase),
    branch: state.branch,
    base: state.origin?.base ?? spec.base ?? null,
    agent: Agent.show(spec.agent),
    model: spec.model ?? null,
    ...(pullRequest === undefined
      ? {}
      : { prUrl: pullRequest.url, prNumber: pullRequest.number, prDraft: pullRequest.draft }),
    ...(phase._tag === "Ended" && phase.end === "error" ? { error: phase.text } : {}),
    ...(phase._tag === "Ended" && phase.end === "complete" ? { result: phase.text } : {}),
    ...(state.plan === undefined ? {} : { plan: state.plan.markdown }),
    ...(plan === undefined ? {} : { proposal: proposalOf(plan) }),
    ...(phase._tag === "Waiting" && "until" in phase.on ? { waitsUntil: phase.on.until } : {}),
    ...(phase._tag === "Waiting" && phase.on._tag === "Answers" ? answersOf(phase.on) : {}),
    ...(budget === undefined ? {} : { budgetUsd: budget }),
    turn: state.turns,
    reviewRounds: state.reviewRounds,
    ...(state.verification === undefined ? {} : { verification: state.verification.outcome }),
    usage: state.usage,
    requestedBy: spec.requestedBy
  }
}
