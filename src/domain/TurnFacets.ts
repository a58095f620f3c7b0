/** How an event of a turn changes the session's fields outside the phase. Pure. */
import type { CommitId } from "./Ids.ts"
import * as Review from "./Review.ts"
import type * as Event from "./SessionEvent.ts"
import { type SessionState, turnStart } from "./SessionState.ts"

/**
 * The commit that the workspace is known to have after a run: the turn's start, if an agent ran on it. Exit code 70
 * (the sandbox failed) leaves that unknown; a kill leaves it as it was.
 */
const broughtIn = (state: SessionState, exitCode: number): CommitId | undefined =>
  exitCode === 70 ? undefined : exitCode < 128 ? turnStart(state) : state.inWorkspace

/** What a session is asked to do, with what the repository's configuration decides. */
const configured = (
  spec: Event.SessionSpec,
  { agent, model, reviewRounds }: typeof Event.ConfigurationRead.Type
): Event.SessionSpec => ({
  ...spec,
  ...(agent === undefined ? {} : { agent }),
  ...(model === undefined ? {} : { model }),
  ...(reviewRounds === undefined ? {} : { reviewRounds })
})

/** Updates the fields outside the phase. */
export const facets = (state: SessionState, event: Event.SessionEvent): SessionState => {
  switch (event._tag) {
    case "RepositoryPrepared":
      return {
        ...state,
        origin: { base: event.base, commit: event.commit },
        start: event.start ?? event.commit,
        remoteTip: event.start ?? state.remoteTip
      }
    case "ConfigurationRead":
      return { ...state, spec: configured(state.spec, event) }
    case "RoundStarted":
      // an agent that has begun is not replaced
      return state.spec.unasked === undefined ? state : { ...state, spec: { ...state.spec, unasked: [] } }
    case "AgentFinished":
      return { ...state, inWorkspace: broughtIn(state, event.exitCode) }
    case "PlanProduced":
      return { ...state, plan: event.plan }
    case "ChangesCollected":
      return {
        ...state,
        changes: event.changes,
        unpushed: event.changes.commit,
        unpushedFrom: turnStart(state)
      }
    case "NothingChanged":
      return { ...state, unpushed: undefined }
    case "GateHeld":
      return { ...state, unscanned: event.gate.unscanned ?? [] }
    case "VerifyHeld":
      return { ...state, verification: event.verification }
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
