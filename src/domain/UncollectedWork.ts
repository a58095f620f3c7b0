/**
 * Work that exists only in the workspace, because its round was stopped, timed out or failed before its changes were
 * collected. It is collected late, for people to look at, and does not advance the turn. Pure.
 */
import type * as Event from "./SessionEvent.ts"
import type { Phase, Progress, SessionState } from "./SessionState.ts"

const roundOf = (progress: Progress): number | undefined => {
  switch (progress._tag) {
    case "Coding":
      return progress.started ? progress.round : undefined
    case "Collecting":
      return progress.run.round
    case "Closing":
      return progress.uncollected
    default:
      return undefined
  }
}

/** The round whose work would be lost if the turn ended now; `undefined` if there is none. */
export const uncollectedRound = ({ phase }: Pick<SessionState, "phase">): number | undefined => {
  switch (phase._tag) {
    case "Active":
    case "Resuming":
      return roundOf(phase.progress)
    case "Waiting":
      return "progress" in phase.on ? roundOf(phase.on.progress) : undefined
    case "Stopping":
      return phase.uncollected
    default:
      return undefined
  }
}

/** The phase after such work is collected; `undefined` for any other event. */
export const collectedLate = (phase: Phase, event: Event.SessionEvent): Phase | undefined => {
  if (event._tag !== "ChangesCollected" || uncollectedRound({ phase }) !== event.round) return undefined
  if (phase._tag === "Stopping") return phase.turn === event.turn ? { ...phase, uncollected: undefined } : undefined
  if (phase._tag !== "Active" || phase.turn.number !== event.turn) return undefined
  const { progress } = phase
  // in the normal course changes are collected after their round, and reviewed next
  if (progress._tag === "Collecting") return undefined
  return progress._tag === "Closing" ? { ...phase, progress: { ...progress, uncollected: undefined } } : phase
}
