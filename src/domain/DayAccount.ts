/** How one model call is let out by the budget that all sessions have together in a UTC day. */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

/** All sessions together have spent the day's budget. */
export class DayBudgetSpent extends Schema.TaggedError<DayBudgetSpent>()("DayBudgetSpent", {
  budgetUsd: Schema.Number,
  until: Schema.DateTimeUtcFromSelf
}) {
  override get message() {
    return `All sessions together have spent the day's budget of $${this.budgetUsd} (OPENTL_BUDGET_DAY_USD).`
  }
}

/** The log cannot be read, so that nothing is let out. */
export class DayBudgetUnknown extends Schema.TaggedError<DayBudgetUnknown>()("DayBudgetUnknown", {}) {
  override get message() {
    return "What the day has cost cannot be read from the log now; try again."
  }
}

export interface DayAccount {
  /**
   * Waits, in order, until a call that costs at most this may go out. Its reservation lasts as long as the scope, which
   * is to be closed when the call's cost is in the log.
   */
  readonly letOut: (atMostUsd: number) => Effect.Effect<void, DayBudgetSpent | DayBudgetUnknown, Scope.Scope>
}
