/**
 * A session's state: the fold of its facts. `evolve` is total and pure; an event that does not belong to the present
 * state leaves it as it is (`admits` says beforehand which do).
 *
 * A turn moves through `Progress`, and each station holds just what the next step needs, so that a review without a
 * diff or a pull request without a push cannot be written down.
 */
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import type { BranchName, CommitId } from "./Ids.ts"
import type * as Plan from "./Plan.ts"
import * as Review from "./Review.ts"
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
  Closing: { readonly end: "complete" | "error"; readonly text: string }
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

/** The outcome of a review decides between another round and publishing. */
const afterReview = (state: SessionState, run: AgentRun, changes: Event.Changes, review: Review.Review): Progress =>
  review._tag === "ChangesRequested" && run.round < state.spec.reviewRounds
    ? Progress.Coding({ round: run.round + 1, started: false, findings: review })
    : Progress.Pushing({ run, changes, review })

/** An agent that changes nothing has answered. But what an earlier turn pushed and could not propose is proposed now. */
const afterNothing = (state: SessionState, run: AgentRun): Progress =>
  state.isProposable && state.pullRequest === undefined && state.changes !== undefined
    ? Progress.Proposing({
      run,
      changes: state.changes,
      review: {
        _tag: "Skipped",
        reason: "nothing was changed in this turn; the earlier turn's reviews stand in the session's log"
      }
    })
    : Progress.Closing({
      end: "complete",
      text: run.answer === "" ? "the agent changed nothing and left no words" : run.answer
    })

const afterPlan = (state: SessionState, plan: Plan.Plan, rejections: ReadonlyArray<string>, turn: number): Progress =>
  state.spec.planOnly && turn === 1
    ? Progress.Closing({ end: "complete", text: plan.markdown })
    : state.spec.approvePlan
    ? Progress.Planned({ plan, rejections })
    : firstRound

/** Whether a plan is due, and the rejections before it. In logs of earlier versions later turns began with their plan. */
const rejectionsOf = ({ origin }: SessionState, progress: Progress): ReadonlyArray<string> | undefined =>
  progress._tag === "Planning"
    ? progress.rejections
    : progress._tag === "Preparing" && origin !== undefined
    ? []
    : undefined

const firstRound: Progress = Progress.Coding({ round: 1, started: false, findings: undefined })

/** How an event moves a turn: the next station, with the turn as it then is; `undefined` where it does not belong. */
const advance = (
  state: SessionState,
  turn: Turn,
  progress: Progress,
  event: Event.SessionEvent
): { readonly turn: Turn; readonly progress: Progress } | undefined => {
  const to = (next: Progress, changed: Partial<Turn> = {}) => ({ turn: { ...turn, ...changed }, progress: next })
  switch (event._tag) {
    case "RepositoryPrepared":
      return progress._tag === "Preparing" ? to(Progress.Planning({ rejections: [] })) : undefined
    case "BranchChanged":
      return progress._tag === "Preparing" ? to(progress) : undefined
    case "PlanProduced": {
      const rejections = rejectionsOf(state, progress)
      return rejections === undefined
        ? undefined
        : to(afterPlan(state, event.plan, rejections, turn.number), { plan: event.plan })
    }
    case "PlanSkipped":
      return rejectionsOf(state, progress) === undefined
        ? undefined
        // where a plan was asked for, nothing happens without one
        : state.spec.approvePlan || (state.spec.planOnly && turn.number === 1)
        ? to(Progress.Closing({ end: "error", text: `no plan could be made: ${event.reason}` }))
        : to(firstRound)
    case "RoundStarted":
      // once more where the sandbox was lost and the round has to begin anew
      return progress._tag === "Coding" && progress.round === event.round
        ? to(Progress.Coding({ ...progress, started: true }))
        : undefined
    case "OutputWritten":
    case "StatusReported":
    case "ErrorReported":
      return progress._tag === "Coding" && progress.started && progress.round === event.round ? to(progress) : undefined
    case "AgentFinished":
      return progress._tag !== "Coding" || !progress.started || progress.round !== event.round
        ? undefined
        : to(
          event.exitCode === 0
            ? Progress.Collecting({ run: { round: event.round, answer: event.answer } })
            : Progress.Closing({ end: "error", text: failed(event) })
        )
    case "NothingChanged":
      return progress._tag === "Collecting" ? to(afterNothing(state, progress.run)) : undefined
    case "ChangesCollected":
      return progress._tag === "Collecting"
        ? to(Progress.Reviewing({ run: progress.run, changes: event.changes }))
        : undefined
    case "ReviewHeld":
      return progress._tag === "Reviewing"
        ? to(afterReview(state, progress.run, progress.changes, event.review), {
          reviews: [...turn.reviews, { round: event.round, review: event.review }]
        })
        : undefined
    case "BranchPushed":
      return progress._tag !== "Pushing"
        ? undefined
        : to(
          event.pullRequests
            ? Progress.Proposing({ run: progress.run, changes: progress.changes, review: progress.review })
            : Progress.Closing({ end: "complete", text: event.branch })
        )
    case "PullRequestOpened":
    case "PullRequestUpdated":
      return progress._tag === "Proposing"
        ? to(Progress.Closing({ end: "complete", text: event.pullRequest.url }))
        : undefined
    default:
      return undefined
  }
}

const failed = (event: typeof Event.AgentFinished.Type): string =>
  `the agent exited with code ${event.exitCode}${event.answer === "" ? "" : `: ${event.answer}`}`

/**
 * What the workspace has after a run: the turn's start, once an agent ran on it. A sandbox that could not do its part
 * (exit code 70) leaves it open what is there, and one that was killed what it had done.
 */
const broughtIn = (state: SessionState, exitCode: number): CommitId | undefined =>
  exitCode === 70 ? undefined : exitCode < 128 ? turnStart(state) : state.inWorkspace

/** What an event changes beside the phase. */
const facets = (state: SessionState, event: Event.SessionEvent): SessionState => {
  switch (event._tag) {
    case "RepositoryPrepared":
      return {
        ...state,
        origin: { base: event.base, commit: event.commit },
        start: event.start ?? event.commit,
        remoteTip: event.start ?? state.remoteTip
      }
    case "AgentFinished":
      return { ...state, inWorkspace: broughtIn(state, event.exitCode) }
    case "PlanProduced":
      return { ...state, plan: event.plan }
    case "ChangesCollected":
      return { ...state, changes: event.changes, unpushed: event.changes.commit }
    case "NothingChanged":
      return { ...state, unpushed: undefined }
    case "ReviewHeld":
      return Review.wasHeld(event.review) ? { ...state, reviewRounds: state.reviewRounds + 1 } : state
    case "BranchPushed":
      return {
        ...state,
        remoteTip: event.commit,
        pushedTurn: event.turn,
        unpushed: undefined,
        isProposable: event.pullRequests
      }
    case "PullRequestOpened":
    case "PullRequestUpdated":
      return { ...state, pullRequest: event.pullRequest }
    default:
      return state
  }
}

/** A turn's end. What still waits opens the next turn at once; what waited before a stop does not. */
const end = (state: SessionState, event: typeof Event.TurnEnded.Type): SessionState => ({
  ...state,
  turns: Math.max(state.turns, event.turn),
  phase: state.inbox.length > (state.phase._tag === "Stopping" ? state.phase.waiting : 0)
    ? Phase.Queued()
    : Phase.Ended({ end: event.end, text: event.text })
})

/** The next state, or `undefined` where the event does not belong. */
const step = (state: SessionState, event: Event.SessionEvent): SessionState | undefined => {
  const { phase } = state
  switch (event._tag) {
    case "SessionCreated":
      return undefined
    case "MessageReceived": {
      const inbox = [...state.inbox, { id: event.messageId, text: event.text }]
      return { ...state, inbox, phase: phase._tag === "Ended" ? Phase.Queued() : phase }
    }
    case "TurnStarted": {
      if (phase._tag !== "Queued" || event.turn !== state.turns + 1) return undefined
      const turn: Turn = {
        number: event.turn,
        prompt: event.prompt,
        startedAt: DateTime.subtractDuration(event.deadline, state.spec.timeoutMillis),
        deadline: event.deadline,
        plan: undefined,
        reviews: []
      }
      return {
        ...state,
        turns: event.turn,
        inbox: [],
        lastPrompt: turn.prompt,
        start: undefined,
        phase: Phase.Active({ turn, progress: Progress.Preparing() })
      }
    }
    case "TurnResumed":
      return phase._tag === "Resuming" && phase.turn.number === event.turn
        ? {
          ...state,
          phase: Phase.Active({ turn: { ...phase.turn, deadline: event.deadline }, progress: phase.progress })
        }
        : undefined
    case "ApprovalRequested":
      return phase._tag === "Active" && phase.progress._tag === "Planned"
        ? {
          ...state,
          phase: Phase.Waiting({
            turn: phase.turn,
            plan: phase.progress.plan,
            rejections: phase.progress.rejections,
            remainingMillis: event.remainingMillis
          })
        }
        : undefined
    case "PlanApproved": {
      if (phase._tag !== "Waiting") return undefined
      const plan = event.plan ?? phase.plan
      const turn = { ...phase.turn, plan }
      return {
        ...state,
        plan,
        phase: Phase.Resuming({ turn, progress: firstRound, remainingMillis: phase.remainingMillis })
      }
    }
    case "PlanRejected": {
      if (phase._tag !== "Waiting") return undefined
      const progress = Progress.Planning({ rejections: [...phase.rejections, event.reason] })
      return { ...state, phase: Phase.Resuming({ turn: phase.turn, progress, remainingMillis: phase.remainingMillis }) }
    }
    case "StopRequested":
      return phase._tag !== "Ended" && phase._tag !== "Stopping" && event.turn === currentTurn(state)
        ? { ...state, phase: stopping(state, event) }
        : undefined
    case "RetryRequested": {
      if (phase._tag !== "Ended") return undefined
      const inbox = state.inbox.length > 0 ? state.inbox : [{ id: "retry", text: state.lastPrompt }]
      return { ...state, inbox, phase: Phase.Queued() }
    }
    case "UsageRecorded":
      // what a stopped turn has used counts too
      return (phase._tag === "Active" || phase._tag === "Stopping") && currentTurn(state) === event.turn
        ? { ...state, usage: Usage.add(state.usage, event.usage) }
        : undefined
    case "TurnEnded":
      return endsTurn(state, event) ? end(state, event) : undefined
    default: {
      if (phase._tag !== "Active" || event.turn !== phase.turn.number) return undefined
      const next = advance(state, phase.turn, phase.progress, event)
      return next === undefined ? undefined : { ...facets(state, event), phase: Phase.Active(next) }
    }
  }
}

const stopping = ({ inbox }: SessionState, { by, turn }: typeof Event.StopRequested.Type): Phase =>
  Phase.Stopping({ turn, text: `stopped by ${by.name}`, waiting: inbox.length })

/** One ending event a turn: a stop that was asked for ends only as cancelled, and nothing else does. */
const endsTurn = (state: SessionState, event: typeof Event.TurnEnded.Type): boolean =>
  event.turn === currentTurn(state) &&
  (event.end === "cancelled" ? state.phase._tag === "Stopping" : state.phase._tag === "Active")

/** Whether an event belongs to the present state. The store takes no other. */
export const admits = (state: SessionState, event: Event.SessionEvent): boolean => step(state, event) !== undefined

/** Of events that come one after the other the first that does not belong; `undefined` where all do. */
export const firstRefused = (
  state: SessionState,
  events: ReadonlyArray<Event.SessionEvent>
): Event.SessionEvent | undefined => {
  let current = state
  for (const event of events) {
    const next = step(current, event)
    if (next === undefined) return event
    current = next
  }
  return undefined
}

/** The state after an event. */
export const evolve = (state: SessionState, event: Event.SessionEvent): SessionState => step(state, event) ?? state

/** The state after many. */
export const evolveAll = (state: SessionState, events: ReadonlyArray<Event.SessionEvent>): SessionState =>
  events.reduce(evolve, state)

/** The state of a session from all its facts; `undefined` where they do not begin with its creation. */
export const fold = (events: ReadonlyArray<Event.SessionEvent>): SessionState | undefined => {
  const [first, ...rest] = events
  return first?._tag === "SessionCreated" ? evolveAll(create(first), rest) : undefined
}
