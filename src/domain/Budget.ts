/** What a session may spend on models, and what is left of it. Pure. */
import * as Schema from "effect/Schema"
import * as Dollars from "./Dollars.ts"
import type { SessionState } from "./SessionState.ts"

/** Nothing is left of the session's budget. */
export class BudgetExhausted extends Schema.TaggedError<BudgetExhausted>()("BudgetExhausted", {}) {
  override get message() {
    return "The session's budget is used up."
  }
}

/** US dollars that are added to a budget at once. */
export const AddedUsd = Schema.Number.pipe(Schema.between(0.01, 10_000))

export type Spending = Pick<SessionState, "spec" | "usage" | "addedUsd">

/** The session's budget with what was added to it, in US dollars; `undefined` without a budget. */
export const budgetUsd = ({ addedUsd, spec }: Pick<SessionState, "spec" | "addedUsd">): number | undefined =>
  spec.budgetUsd === undefined ? undefined : Dollars.plus(spec.budgetUsd, addedUsd)

/**
 * What remains of the budget, in US dollars; `undefined` without a budget. Negative after a response that exceeded it.
 */
export const remainingUsd = (state: Spending): number | undefined => {
  const budget = budgetUsd(state)
  return budget === undefined ? undefined : budget - state.usage.costUsd
}

/** Less than this is nothing: sums of prices are not exact. */
const nothing = 1e-9

export const isSpent = (state: Spending): boolean => {
  const remaining = remainingUsd(state)
  return remaining !== undefined && remaining <= nothing
}
