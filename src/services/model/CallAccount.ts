/** Who pays for the calls of a question, and knows of those that are under way, whatever happens to this process. */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { BudgetExhausted } from "../../domain/Budget.ts"
import type { DayBudgetSpent, DayBudgetUnknown } from "../../domain/DayAccount.ts"
import type { Usage } from "../../domain/Usage.ts"
import type { Price } from "./ModelPrice.ts"

/** What a call may cost. */
export interface CallSize {
  readonly model: string
  readonly price: Price | undefined
  /** The size of what is asked. */
  readonly bytes: number
  /** In tokens. */
  readonly maxOutput: number
}

/** A question cannot be paid. */
export type Unpaid = BudgetExhausted | DayBudgetSpent | DayBudgetUnknown

export interface CallAccount {
  /** Whether there is a budget: the model's price must then be known. */
  readonly isLimited: boolean
  /**
   * Waits until a question may go out that costs at most this with all its calls. The reservation lasts as long as the
   * scope, which is to be closed when its cost is in the log.
   */
  readonly letOut: (atMostUsd: number) => Effect.Effect<void, Unpaid, Scope.Scope>
  /** Stores that a call goes out now; what it returns is to be told the cost when the call has ended. */
  readonly begin: (call: CallSize) => Effect.Effect<(usage: Usage) => Effect.Effect<void>>
}
