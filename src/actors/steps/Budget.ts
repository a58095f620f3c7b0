/**
 * What a session may spend. Plan and review call no model once the budget is used up; the agent's calls go through the
 * gateway's account (`services/gateway/Account.ts`), which starts with what remains here. Pure.
 */
import * as Schema from "effect/Schema"
import { UsageRecorded } from "../../domain/SessionEvent.ts"
import type { SessionState } from "../../domain/SessionState.ts"
import type { Usage } from "../../domain/Usage.ts"

export class BudgetSpent extends Schema.TaggedError<BudgetSpent>()("BudgetSpent", { budgetUsd: Schema.Number }) {
  override get message() {
    return `the session's budget of $${this.budgetUsd} is spent`
  }
}

type Spending = Pick<SessionState, "spec" | "usage">

/**
 * What remains of the budget, in US dollars; `undefined` without a budget. Negative after a response that exceeded it.
 */
export const remainingUsd = ({ spec, usage }: Spending): number | undefined =>
  spec.budgetUsd === undefined ? undefined : spec.budgetUsd - usage.costUsd

export const isSpent = (state: Spending): boolean => {
  const remaining = remainingUsd(state)
  return remaining !== undefined && remaining <= 0
}

/** The share of the budget at which a warning is given, once. */
const warningShare = 0.8

/** The warning when the session's usage grows: the budget is nearly used up, or the model has no known price. */
const warning = ({ spec: { budgetUsd }, usage: before }: Spending, model: string, used: Usage): string | undefined => {
  const after = before.costUsd + used.costUsd
  if (budgetUsd !== undefined && before.costUsd < budgetUsd * warningShare && after >= budgetUsd * warningShare) {
    return after >= budgetUsd
      ? `the session's budget of $${budgetUsd} is spent`
      : `${Math.floor(after / budgetUsd * 100)} % of the session's budget of $${budgetUsd} is spent`
  }
  return used.unpriced === true && before.unpriced !== true
    ? `the price of ${model} is not known, so its calls are not in the cost (OPENTL_MODEL_PRICES can name it)`
    : undefined
}

export interface ModelUse {
  readonly model: string
  readonly usage: Usage
  /** Whether the usage is estimated. */
  readonly estimated?: boolean | undefined
}

/** The event for a model call, given what the session has spent so far. */
export const usageRecorded = (
  before: Spending,
  at: { readonly turn: number; readonly source: "plan" | "agent" | "review" },
  { estimated, model, usage }: ModelUse
): typeof UsageRecorded.Type => {
  const said = warning(before, model, usage)
  return UsageRecorded.make({
    turn: at.turn,
    source: at.source,
    model,
    usage,
    ...(estimated === true ? { estimated } : {}),
    ...(said === undefined ? {} : { warning: said })
  })
}
