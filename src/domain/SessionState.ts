/**
 * A session's state: what its events add up to (`SessionFold.ts`).
 *
 * A turn moves through `Progress`, and each variant holds just what the next step needs, so that a review without a
 * diff or a pull request without a push cannot be written down.
 */
import * as Data from "effect/Data"
import type * as DateTime from "effect/DateTime"
import type { BranchName, CommitId } from "./Ids.ts"
import type * as Plan from "./Plan.ts"
import type * as Review from "./Review.ts"
import type * as Event from "./SessionEvent.ts"
import * as Usage from "./Usage.ts"

/** What an agent's run left: its final words, and the round it was. */
export interface AgentRun {
  readonly round: number
  readonly answer: string
}

export interface ReviewedRound {
  readonly round: number
  readonly review: Review.Review
}

/** Where a turn stands. Each variant names the step that comes next. */
export type Progress = Data.TaggedEnum<{
  Preparing: object
  Planning: { readonly rejections: ReadonlyArray<string> }
  Planned: { readonly plan: Plan.Plan; readonly rejections: ReadonlyArray<string> }
  Coding: { readonly round: number; readonly started: boolean; readonly findings: Review.Review | undefined }
  Collecting: { readonly run: AgentRun }
  Reviewing: { readonly run: AgentRun; readonly changes: Event.Changes }
  Pushing: { readonly run: AgentRun; readonly changes: Event.Changes; readonly review: Review.Review }
  Proposing: { readonly run: AgentRun; readonly changes: Event.Changes; readonly review: Review.Review }
  /** `uncollected`: the round of a failed agent, whose work is in the workspace alone. */
  Closing: { readonly end: "complete" | "error"; readonly text: string; readonly uncollected?: number | undefined }
}>
export const Progress = Data.taggedEnum<Progress>()

export interface Turn {
  readonly number: number
  readonly prompt: string
  readonly startedAt: DateTime.Utc
  readonly deadline: DateTime.Utc
  /** The plan in force, once there is one. */
  readonly plan: Plan.Plan | undefined
  /** The reviews of this turn, oldest first. */
  readonly reviews: ReadonlyArray<ReviewedRound>
}

/** Where a session stands as a whole. */
export type Phase = Data.TaggedEnum<{
  /** A turn is to begin as soon as there is room. */
  Queued: object
  /** A person's approval of the plan is awaited; no fiber, no sandbox and no time is used. */
  Waiting: {
    readonly turn: Turn
    readonly plan: Plan.Plan
    readonly rejections: ReadonlyArray<string>
    readonly remainingMillis: number
  }
  /** Answered, and to go on as soon as there is room. */
  Resuming: { readonly turn: Turn; readonly progress: Progress; readonly remainingMillis: number }
  Active: { readonly turn: Turn; readonly progress: Progress }
  /** A stop was asked for and its clean-up is under way. */
  Stopping: {
    readonly turn: number
    readonly text: string
    /** How many messages waited when the stop was asked for: they wait on, later ones open the next turn. */
    readonly waiting: number
    /** The round in whose middle the stop came: its work is in the workspace alone. */
    readonly uncollected: number | undefined
  }
  Ended: { readonly end: Event.TurnEnd; readonly text: string }
}>
export const Phase = Data.taggedEnum<Phase>()

export interface Message {
  readonly id: string
  readonly text: string
}

export interface SessionState {
  readonly spec: Event.SessionSpec
  readonly branch: BranchName
  readonly phase: Phase
  /** How many turns have begun (or were stopped before they could). */
  readonly turns: number
  /** What waits to be taken by the next turn, oldest first. */
  readonly inbox: ReadonlyArray<Message>
  /** What the newest turn was asked for: a retry asks for it again. */
  readonly lastPrompt: string
  /** Where the session's branch forks from. */
  readonly origin: { readonly base: BranchName; readonly commit: CommitId } | undefined
  /** The commit that the latest turn starts from, once its repository is prepared. */
  readonly start: CommitId | undefined
  /** The session's branch at the remote as it was last seen there, or last pushed. */
  readonly remoteTip: CommitId | undefined
  /** The latest turn whose work was pushed. */
  readonly pushedTurn: number | undefined
  /** Work that was collected and not pushed (yet). */
  readonly unpushed: CommitId | undefined
  /** A commit that the sandbox's workspace is known to have, with all that it descends from. */
  readonly inWorkspace: CommitId | undefined
  /** Whether a branch was pushed to a forge that has pull requests. */
  readonly isProposable: boolean
  /** The newest diff that was collected, pushed or not. */
  readonly changes: Event.Changes | undefined
  readonly plan: Plan.Plan | undefined
  readonly reviewRounds: number
  readonly pullRequest: Event.PullRequest | undefined
  readonly usage: Usage.Usage
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
  reviewRounds: 0,
  pullRequest: undefined,
  usage: Usage.none
})

/** The commit that a turn's work is measured against: unchanged since then means that nothing was changed. */
export const turnStart = (state: SessionState): CommitId | undefined =>
  // in a log of an earlier version later turns were not prepared
  state.start ?? state.remoteTip ?? state.origin?.commit

/** The number of the turn that is on, or that would begin next. */
export const currentTurn = ({ phase, turns }: SessionState): number =>
  phase._tag === "Queued" ? turns + 1 : phase._tag === "Stopping" ? phase.turn : turns

/** The how many-th plan of its turn waits for an answer, from 1. */
export const proposalOf = (waiting: { readonly rejections: ReadonlyArray<string> }): number =>
  waiting.rejections.length + 1
