/**
 * Work that is in the workspace alone: of a round that was stopped, timed out or failed before its changes were collected.
 * They are collected late, for people to look at, and move the turn no further. Pure.
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

/** The round whose work a turn would end without; `undefined` where there is none. */
export const uncollectedRound = ({ phase }: Pick<SessionState, "phase">): number | undefined =>
  phase._tag === "Active" ? roundOf(phase.progress) : phase._tag === "Stopping" ? phase.uncollected : undefined

/** The phase after such work was collected; `undefined` where the event is not of that kind. */
export const collectedLate = (phase: Phase, event: Event.SessionEvent): Phase | undefined => {
  if (event._tag !== "ChangesCollected" || uncollectedRound({ phase }) !== event.round) return undefined
  if (phase._tag === "Stopping") return phase.turn === event.turn ? { ...phase, uncollected: undefined } : undefined
  if (phase._tag !== "Active" || phase.turn.number !== event.turn) return undefined
  const { progress } = phase
  // as a rule changes are collected when their round is over, and reviewed next
  if (progress._tag === "Collecting") return undefined
  return progress._tag === "Closing" ? { ...phase, progress: { ...progress, uncollected: undefined } } : phase
}
