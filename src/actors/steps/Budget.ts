/** The event for a model call, with what is to be said of the session's cost, and how that of an agent's is recorded. */
import * as Effect from "effect/Effect"
import { budgetUsd, type Spending } from "../../domain/Budget.ts"
import { UsageRecorded } from "../../domain/SessionEvent.ts"
import type { Usage } from "../../domain/Usage.ts"
import { UsageNotRecorded } from "../../services/gateway/Gateway.ts"
import type { StepContext } from "./StepContext.ts"

/** The share of the budget at which a warning is given, once. */
const warningShare = 0.8

/** The warning when the session's usage grows: the budget is nearly used up, or the model has no known price. */
const warning = (state: Spending, model: string, used: Usage): string | undefined => {
  const before = state.usage
  const budget = budgetUsd(state)
  const after = before.costUsd + used.costUsd
  if (budget !== undefined && before.costUsd < budget * warningShare && after >= budget * warningShare) {
    return after >= budget
      ? `the session's budget of $${budget} is spent`
      : `${Math.floor(after / budget * 100)} % of the session's budget of $${budget} is spent`
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
  /** The ids of its records of running calls. */
  readonly calls?: ReadonlyArray<string>
}

/** The event for a model call, given what the session has spent so far. */
export const usageRecorded = (
  before: Spending,
  at: { readonly turn: number; readonly source: "plan" | "agent" | "review" },
  { calls = [], estimated, model, usage }: ModelUse
): typeof UsageRecorded.Type => {
  const said = warning(before, model, usage)
  return UsageRecorded.make({
    turn: at.turn,
    source: at.source,
    model,
    usage,
    ...(calls.length === 0 ? {} : { calls }),
    ...(estimated === true ? { estimated } : {}),
    ...(said === undefined ? {} : { warning: said })
  })
}

/** Records a call of an agent's. Whoever no longer owns the session leaves it to the next owner. */
export const recordCall = (
  record: StepContext["record"],
  used: typeof UsageRecorded.Type
): Effect.Effect<void, UsageNotRecorded> =>
  record([used]).pipe(
    Effect.asVoid,
    Effect.catchTags({
      // the turn has ended: the call was made, but nobody counts it
      EventsRefused: (error) => Effect.logDebug(error.message),
      SessionLost: () => new UsageNotRecorded(),
      StoreError: () => new UsageNotRecorded()
    })
  )
