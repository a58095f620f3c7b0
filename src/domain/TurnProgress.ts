/** How a turn moves through its steps: what an event changes of its progress, and of the session beside it. Pure. */
import type { CommitId } from "./Ids.ts"
import type * as Plan from "./Plan.ts"
import * as Review from "./Review.ts"
import type * as Event from "./SessionEvent.ts"
import { type AgentRun, Progress, type SessionState, type Turn, turnStart } from "./SessionState.ts"

/** What follows the approval of a plan, or a plan that needs none. */
export const firstRound: Progress = Progress.Coding({ round: 1, started: false, findings: undefined })

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

/** How an event moves a turn: the next station, with the turn as it then is; `undefined` where it does not belong. */
export const advance = (
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
            : Progress.Closing({ end: "error", text: failed(event), uncollected: event.round })
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

/** The cause first. */
const failed = ({ answer, exitCode, reason }: typeof Event.AgentFinished.Type): string =>
  `${reason ?? `the agent exited with code ${exitCode}`}${answer === "" ? "" : `: ${answer}`}`

/**
 * What the workspace has after a run: the turn's start, once an agent ran on it. A sandbox that could not do its part
 * (exit code 70) leaves it open what is there, and one that was killed what it had done.
 */
const broughtIn = (state: SessionState, exitCode: number): CommitId | undefined =>
  exitCode === 70 ? undefined : exitCode < 128 ? turnStart(state) : state.inWorkspace

/** What an event changes beside the phase. */
export const facets = (state: SessionState, event: Event.SessionEvent): SessionState => {
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
