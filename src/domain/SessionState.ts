/**
 * A session's state, the fold of its events (`SessionFold.ts`).
 *
 * A turn moves through `Progress`. Each variant holds exactly what the next step needs, so that a review without a diff
 * or a pull request without a push cannot be represented.
 */
import * as Data from "effect/Data"
import type * as DateTime from "effect/DateTime"
import type { Gate } from "./Gate.ts"
import type { BranchName, CommitId } from "./Ids.ts"
import type * as Plan from "./Plan.ts"
import type * as Review from "./Review.ts"
import type { RoundCommits } from "./RoundCommits.ts"
import type * as Event from "./SessionEvent.ts"
import * as Usage from "./Usage.ts"
import type { Verification } from "./Verification.ts"

/** The result of an agent's run: its round and its final words. */
export interface AgentRun {
  readonly round: number
  readonly answer: string
}

export interface ReviewedRound {
  readonly round: number
  readonly review: Review.Review
}

/** Why the agent is run again: what has to change in what it did. */
export type Findings = Data.TaggedEnum<{
  Review: { readonly review: Review.Review }
  /** Checks fail that do not fail on the base. */
  Checks: { readonly verification: Verification }
  /** Secrets in the changes. */
  Secrets: { readonly gate: Gate }
}>
export const Findings = Data.taggedEnum<Findings>()

/**
 * A commit on its way to the pull request. It is the same commit all the way; each step adds what it found, so that
 * nothing is reviewed that was not verified, and nothing pushed that was not reviewed.
 */
interface Collected {
  readonly run: AgentRun
  readonly changes: Event.Changes
}
interface Verified extends Collected {
  readonly verification: Verification
}
interface Reviewed extends Verified {
  readonly review: Review.Review
}

/** A turn's progress. Each variant names the step that comes next. */
export type Progress = Data.TaggedEnum<{
  Preparing: object
  Planning: { readonly rejections: ReadonlyArray<string> }
  Planned: { readonly plan: Plan.Plan; readonly rejections: ReadonlyArray<string> }
  Coding: { readonly round: number; readonly started: boolean; readonly findings: Findings | undefined }
  Collecting: { readonly run: AgentRun }
  /** Secrets are looked for before anything else, so that no model and no check sees them. */
  Gating: Collected
  Verifying: Collected
  Reviewing: Verified
  Pushing: Reviewed
  Proposing: Reviewed
  /** `uncollected`: the round of a failed agent whose work exists only in the workspace. */
  Closing: { readonly end: "complete" | "error"; readonly text: string; readonly uncollected?: number | undefined }
}>
export const Progress = Data.taggedEnum<Progress>()

export interface Message {
  readonly id: string
  readonly text: string
}

export interface Turn {
  readonly number: number
  readonly prompt: string
  readonly startedAt: DateTime.Utc
  readonly deadline: DateTime.Utc
  /** Whether its planner has asked: it does so once. */
  readonly hasAsked: boolean
  /** The current plan, if there is one. */
  readonly plan: Plan.Plan | undefined
  /** The reviews of this turn, oldest first. */
  readonly reviews: ReadonlyArray<ReviewedRound>
  /** The messages that reached its agent at work, oldest first. They are in the prompt, too. */
  readonly delivered: ReadonlyArray<Message>
  /** Its commits, where each round has its own. */
  readonly rounds?: RoundCommits | undefined
}

/** What a turn waits for. Waiting takes no fiber, no sandbox and no turn time. */
export type Wait = Data.TaggedEnum<{
  /** A person's approval of the plan. */
  Approval: { readonly plan: Plan.Plan; readonly rejections: ReadonlyArray<string> }
  /** More money: the session's budget is spent. The progress that was cut short is taken up again. */
  Budget: { readonly progress: Progress }
  /** The next day, or more money: all sessions together have spent the day's budget. */
  DayBudget: { readonly progress: Progress; readonly until: DateTime.Utc }
  /** Answers to the planner's questions; without any it goes on at some time. */
  Answers: {
    readonly questions: ReadonlyArray<string>
    readonly assumptions: ReadonlyArray<string>
    readonly until: DateTime.Utc
    readonly rejections: ReadonlyArray<string>
  }
}>
export const Wait = Data.taggedEnum<Wait>()

/** The phase of a session as a whole. */
export type Phase = Data.TaggedEnum<{
  /** A turn starts as soon as there is capacity. */
  Queued: object
  Waiting: { readonly turn: Turn; readonly on: Wait; readonly remainingMillis: number }
  /** The wait is over; the turn continues as soon as there is capacity. */
  Resuming: { readonly turn: Turn; readonly progress: Progress; readonly remainingMillis: number }
  Active: { readonly turn: Turn; readonly progress: Progress }
  /** A stop was requested and its clean-up is in progress. */
  Stopping: {
    readonly turn: number
    readonly text: string
    /** How many messages were waiting at the stop request. Those stay waiting; later ones start the next turn. */
    readonly waiting: number
    /** The round that the stop interrupted: its work exists only in the workspace. */
    readonly uncollected: number | undefined
  }
  Ended: { readonly end: Event.TurnEnd; readonly text: string }
}>
export const Phase = Data.taggedEnum<Phase>()

/** The phase after a wait. */
export const resuming = (
  { remainingMillis, turn }: Omit<Extract<Phase, { readonly _tag: "Waiting" }>, "_tag" | "on">,
  progress: Progress
): Phase => Phase.Resuming({ turn, progress, remainingMillis })

export interface SessionState {
  readonly spec: Event.SessionSpec
  readonly branch: BranchName
  readonly phase: Phase
  /** How many turns have started (or were stopped before they could). */
  readonly turns: number
  /** Messages waiting for the next turn, oldest first. */
  readonly inbox: ReadonlyArray<Message>
  /** The newest turn's prompt, which a retry repeats. */
  readonly lastPrompt: string
  /** Where the session's branch forks from. */
  readonly origin: { readonly base: BranchName; readonly commit: CommitId } | undefined
  /** The commit that the latest turn starts from, once the repository is prepared. */
  readonly start: CommitId | undefined
  /** The commit of the session's branch at the remote when it was last fetched or pushed. */
  readonly remoteTip: CommitId | undefined
  /** The latest turn whose work was pushed. */
  readonly pushedTurn: number | undefined
  /** The commit of collected work that is not pushed (yet). */
  readonly unpushed: CommitId | undefined
  /** The start of the turn that this work is of. */
  readonly unpushedFrom?: CommitId | undefined
  /** A commit that the sandbox's workspace is known to contain, with its ancestors. */
  readonly inWorkspace: CommitId | undefined
  /** Whether a branch was pushed to a forge that has pull requests. */
  readonly isProposable: boolean
  /** The latest collected diff, pushed or not. */
  readonly changes: Event.Changes | undefined
  readonly plan: Plan.Plan | undefined
  /** What the newest look for secrets could not look through, by its text. */
  readonly unscanned: ReadonlyArray<string>
  /** The newest verification, of whichever turn. */
  readonly verification: Verification | undefined
  readonly reviewRounds: number
  readonly pullRequest: Event.PullRequest | undefined
  readonly usage: Usage.Usage
  /** The records of running calls that were counted last. */
  readonly countedCalls?: ReadonlyArray<string>
  /** What was added to the session's budget, in US dollars. */
  readonly addedUsd: number
}

export const create = (event: typeof Event.SessionCreated.Type): SessionState => ({
  spec: event,
  branch: event.branch,
  phase: Phase.Queued(),
  turns: 0,
  inbox: [{ id: "prompt", text: event.prompt }],
  lastPrompt: event.prompt,
  origin: undefined,
  start: undefined,
  remoteTip: undefined,
  pushedTurn: undefined,
  unpushed: undefined,
  inWorkspace: undefined,
  isProposable: false,
  changes: undefined,
  plan: undefined,
  unscanned: [],
  verification: undefined,
  reviewRounds: 0,
  pullRequest: undefined,
  usage: Usage.none,
  addedUsd: 0
})

/** The most runs of the agent in a turn. In logs of earlier versions each run but the last was followed by a review. */
export const maxRounds = ({ spec }: Pick<SessionState, "spec">): number => spec.rounds ?? Math.max(1, spec.reviewRounds)

/** The commit that a turn's work is compared with; no difference means that nothing was changed. */
export const turnStart = (state: SessionState): CommitId | undefined =>
  // in logs of earlier versions later turns were not prepared
  state.start ?? state.remoteTip ?? state.origin?.commit

/** The number of the current turn, or of the next one if none is running. */
export const currentTurn = ({ phase, turns }: SessionState): number =>
  phase._tag === "Queued" ? turns + 1 : phase._tag === "Stopping" ? phase.turn : turns

/** The number of the waiting plan in its turn, from 1. */
export const proposalOf = (waiting: { readonly rejections: ReadonlyArray<string> }): number =>
  waiting.rejections.length + 1

/** The plan that waits for approval; `undefined` if none does. */
export const planWaiting = ({ phase }: Pick<SessionState, "phase">): Extract<Wait, { _tag: "Approval" }> | undefined =>
  phase._tag === "Waiting" && phase.on._tag === "Approval" ? phase.on : undefined
