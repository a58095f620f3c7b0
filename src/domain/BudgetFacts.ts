/** The facts of a turn that a budget stops, and of what is added to a budget. */
import * as Schema from "effect/Schema"
import { fact } from "./Fact.ts"
import { Ordinal } from "./Ids.ts"
import { Requester } from "./Requester.ts"
import { key } from "./Wire.ts"

/** Models were asked for more than the session's budget: the turn waits until somebody adds to it. */
export const BudgetReached = fact("BudgetReached", {
  turn: Ordinal,
  /** The budget that is spent, with what was added to it. */
  budgetUsd: key("budget_usd", Schema.Positive),
  /** The budget that the session was created with: as much again is what is offered to be added. */
  firstUsd: key("first_usd", Schema.Positive),
  /** Waiting does not use up the turn's time. */
  remainingMillis: key("remaining_ms", Schema.NonNegative)
})
/** The same for the day's budget of all sessions. The turn goes on by itself when that has room again. */
export const DayBudgetReached = fact("DayBudgetReached", {
  turn: Ordinal,
  budgetUsd: key("budget_usd", Schema.NonNegative),
  /** When the day ends, in UTC. */
  until: Schema.DateTimeUtc,
  remainingMillis: key("remaining_ms", Schema.NonNegative)
})
export const BudgetRaised = fact("BudgetRaised", {
  by: Requester,
  addUsd: key("add_usd", Schema.Positive),
  /** The session's budget now. */
  budgetUsd: key("budget_usd", Schema.Positive)
})
/** Somebody added to the budget that all sessions share on this day. */
export const DayBudgetRaised = fact("DayBudgetRaised", {
  turn: Ordinal,
  by: Requester,
  addUsd: key("add_usd", Schema.Positive)
})
/** The day's budget has room again. */
export const DayBudgetFreed = fact("DayBudgetFreed", { turn: Ordinal })
