/** How a turn that a budget stops waits, and goes on with the progress that was cut short. Pure. */
import * as Budget from "./Budget.ts"
import * as Dollars from "./Dollars.ts"
import type * as Event from "./SessionEvent.ts"
import { Phase, type Progress, resuming, type SessionState, Wait } from "./SessionState.ts"

type BudgetEvent =
  | typeof Event.BudgetReached.Type
  | typeof Event.DayBudgetReached.Type
  | typeof Event.BudgetRaised.Type
  | typeof Event.DayBudgetRaised.Type
  | typeof Event.DayBudgetFreed.Type

/** Whether the step that comes next asks a model, which a budget can keep from it. */
const asksModel = ({ _tag }: Progress): boolean => _tag === "Planning" || _tag === "Coding" || _tag === "Reviewing"

const waitOf = (
  event: typeof Event.BudgetReached.Type | typeof Event.DayBudgetReached.Type,
  progress: Progress
): Wait => event._tag === "BudgetReached" ? Wait.Budget({ progress }) : Wait.DayBudget({ progress, until: event.until })

/** The next state, or `undefined` if the event does not fit. */
export const budgetStep = (state: SessionState, event: BudgetEvent): SessionState | undefined => {
  const { phase } = state
  switch (event._tag) {
    case "BudgetReached":
    case "DayBudgetReached": {
      if (phase._tag !== "Active" || phase.turn.number !== event.turn || !asksModel(phase.progress)) return undefined
      const { progress, turn } = phase
      const waiting = { turn, on: waitOf(event, progress), remainingMillis: event.remainingMillis }
      // somebody may have added to the budget before the turn came to its pause
      const goesOn = event._tag === "BudgetReached" && !Budget.isSpent(state)
      return { ...state, phase: goesOn ? resuming(waiting, progress) : Phase.Waiting(waiting) }
    }
    case "BudgetRaised": {
      if (state.spec.budgetUsd === undefined || phase._tag === "Ended") return undefined
      const raised = { ...state, addedUsd: Dollars.plus(state.addedUsd, event.addUsd) }
      return phase._tag === "Waiting" && phase.on._tag === "Budget" && !Budget.isSpent(raised)
        ? { ...raised, phase: resuming(phase, phase.on.progress) }
        : raised
    }
    case "DayBudgetRaised":
    case "DayBudgetFreed":
      return phase._tag === "Waiting" && phase.on._tag === "DayBudget" && phase.turn.number === event.turn
        ? { ...state, phase: resuming(phase, phase.on.progress) }
        : undefined
  }
}
