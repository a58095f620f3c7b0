/** What a session may spend: nothing is asked of a model once it is spent. The agent's own calls the gateway refuses. */
import * as Schema from "effect/Schema"
import type { SessionState } from "../domain/SessionState.ts"

export class BudgetSpent extends Schema.TaggedError<BudgetSpent>()("BudgetSpent", { budgetUsd: Schema.Number }) {
  override get message() {
    return `the session's budget of $${this.budgetUsd} is spent`
  }
}

export const isSpent = ({ spec, usage }: SessionState): boolean =>
  spec.budgetUsd !== undefined && usage.costUsd >= spec.budgetUsd
