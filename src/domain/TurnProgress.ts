/** How a turn moves through its steps: how an event changes its progress. Pure. */
import * as Gate from "./Gate.ts"
import type { CommitId } from "./Ids.ts"
import type * as Plan from "./Plan.ts"
import * as Review from "./Review.ts"
import * as RoundCommits from "./RoundCommits.ts"
import type * as Event from "./SessionEvent.ts"
import { type AgentRun, Findings, maxRounds, Progress, type SessionState, type Turn } from "./SessionState.ts"
import { skipped, type Verification } from "./Verification.ts"

/** The progress after a plan is approved or needs no approval. */
export const firstRound: Progress = Progress.Coding({ round: 1, started: false, findings: undefined })

type Found<Tag extends Progress["_tag"]> = Extract<Progress, { readonly _tag: Tag }>

/** Another round for what was found; `undefined` if the turn's runs are used up. */
const anotherRound = (state: SessionState, { round }: AgentRun, findings: Findings): Progress | undefined =>
  round < maxRounds(state) ? Progress.Coding({ round: round + 1, started: false, findings }) : undefined

const afterCollecting = ({ spec }: SessionState, run: AgentRun, changes: Event.Changes): Progress =>
  spec.gate === "off" ? Progress.Verifying({ run, changes }) : Progress.Gating({ run, changes })

/** A secret is never pushed: the agent takes it out, or the turn fails. */
const afterGate = (state: SessionState, { changes, run }: Found<"Gating">, gate: Gate.Gate): Progress =>
  Gate.isClean(gate)
    ? Progress.Verifying({ run, changes })
    : anotherRound(state, run, Findings.Secrets({ gate })) ??
      Progress.Closing({ end: "error", text: `nothing was pushed: ${Gate.show(gate)}` })

/** New failures go back to the agent before any review is paid for. With no run left, the pull request says which. */
const afterChecks = (state: SessionState, { changes, run }: Found<"Verifying">, verification: Verification): Progress =>
  (verification.outcome === "failed" ? anotherRound(state, run, Findings.Checks({ verification })) : undefined) ??
    Progress.Reviewing({ run, changes, verification })

/** The review's outcome decides between another round and publishing. */
const afterReview = (
  state: SessionState,
  turn: Turn,
  { changes, run, verification }: Omit<Found<"Reviewing">, "_tag">,
  review: Review.Review
): Progress => {
  const held = turn.reviews.filter((earlier) => Review.wasHeld(earlier.review)).length + 1
  const isAgain = review._tag === "ChangesRequested" && held < state.spec.reviewRounds
  return (isAgain ? anotherRound(state, run, Findings.Review({ review })) : undefined) ??
    Progress.Pushing({ run, changes, verification, review })
}

/** The progress that a review judges. In logs of earlier versions nothing came between the changes and their review. */
const underReview = (
  progress: Progress,
  event: typeof Event.ReviewHeld.Type
): Omit<Found<"Reviewing">, "_tag"> | undefined =>
  progress._tag === "Reviewing"
    ? progress
    : progress._tag === "Gating" && event.commit === undefined
    ? { ...progress, verification: skipped(progress.changes.commit, "an earlier version of OpenTL did not verify") }
    : undefined

/**
 * An agent that changes nothing has answered. But if an earlier turn's push has no pull request yet, that is opened
 * now.
 */
const afterNothing = (state: SessionState, run: AgentRun): Progress =>
  state.isProposable && state.pullRequest === undefined && state.changes !== undefined
    ? Progress.Proposing({
      run,
      changes: state.changes,
      verification: state.verification?.commit === state.changes.commit
        ? state.verification
        : skipped(state.changes.commit, "nothing was changed in this turn"),
      review: {
        _tag: "Skipped",
        reason: "nothing was changed in this turn; the earlier turn's reviews stand in the session's log"
      }
    })
    : Progress.Closing({
      end: "complete",
      text: run.answer === "" ? "the agent changed nothing and said nothing" : run.answer
    })

const afterPlan = (state: SessionState, plan: Plan.Plan, rejections: ReadonlyArray<string>, turn: number): Progress =>
  state.spec.planOnly && turn === 1
    ? Progress.Closing({ end: "complete", text: plan.markdown })
    : state.spec.approvePlan
    ? Progress.Planned({ plan, rejections })
    : firstRound

/**
 * The rejections so far if a plan is due, else `undefined`. In logs of earlier versions, later turns began with their
 * plan.
 */
const rejectionsOf = ({ origin }: SessionState, progress: Progress): ReadonlyArray<string> | undefined =>
  progress._tag === "Planning"
    ? progress.rejections
    : progress._tag === "Preparing" && origin !== undefined
    ? []
    : undefined

/** Advances a turn by an event: the next progress and the updated turn; `undefined` if the event does not fit. */
export const advance = (
  state: SessionState,
  turn: Turn,
  progress: Progress,
  event: Event.SessionEvent
): { readonly turn: Turn; readonly progress: Progress } | undefined => {
  const to = (next: Progress, changed: Partial<Turn> = {}) => ({ turn: { ...turn, ...changed }, progress: next })
  /** The same, where another round may come next. */
  const again = (next: Progress, changed: Partial<Turn> = {}) =>
    to(next, { ...changed, ...RoundCommits.beforeRound(state.spec, turn, next) })
  switch (event._tag) {
    case "RepositoryPrepared":
      return progress._tag === "Preparing" ? to(Progress.Planning({ rejections: [] })) : undefined
    case "ConfigurationRead":
      return progress._tag === "Planning" ? to(progress) : undefined
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
        // if a plan was requested, nothing happens without one
        : state.spec.approvePlan || (state.spec.planOnly && turn.number === 1)
        ? to(Progress.Closing({ end: "error", text: `no plan could be made: ${event.reason}` }))
        : to(firstRound)
    case "RoundStarted":
      // repeated if the sandbox was lost and the round starts over
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
        ? to(
          afterCollecting(state, progress.run, event.changes),
          RoundCommits.ungated(state.spec, event.changes.commit)
        )
        : undefined
    case "GateHeld":
      return progress._tag === "Gating" && isOf(progress, event)
        ? to(
          afterGate(state, progress, event.gate),
          RoundCommits.afterGate(state.spec, turn, event.commit, event.gate)
        )
        : undefined
    case "VerifyHeld":
      return progress._tag === "Verifying" && isOf(progress, event)
        ? again(afterChecks(state, progress, event.verification))
        : undefined
    case "ReviewHeld": {
      const reviewed = underReview(progress, event)
      return reviewed !== undefined && (event.commit === undefined || isOf(reviewed, event))
        ? again(afterReview(state, turn, reviewed, event.review), {
          reviews: [...turn.reviews, { round: event.round, review: event.review }]
        })
        : undefined
    }
    case "BranchPushed":
      return progress._tag !== "Pushing" || !isOf(progress, event)
        ? undefined
        : to(
          event.pullRequests
            ? Progress.Proposing(progress)
            : Progress.Closing({ end: "complete", text: event.branch })
        )
    case "ProposalFlawed":
      return progress._tag === "Proposing" ? to(progress) : undefined
    case "PullRequestOpened":
    case "PullRequestUpdated":
      return progress._tag === "Proposing"
        ? to(Progress.Closing({ end: "complete", text: event.pullRequest.url }))
        : undefined
    default:
      return undefined
  }
}

/** Whether an event is about the very commit that is on its way: what was verified, reviewed and pushed is the same. */
const isOf = (
  { changes }: { readonly changes: Event.Changes },
  { commit }: { readonly commit?: CommitId | undefined }
): boolean => commit === changes.commit

/** The sentence for a failed run, cause first. */
const failed = ({ answer, exitCode, reason }: typeof Event.AgentFinished.Type): string =>
  `${reason ?? `the agent exited with code ${exitCode}`}${answer === "" ? "" : `: ${answer}`}`
