/**
 * How a step ends that may spend nothing more: the session's sandbox goes, its workspace stays, and the turn waits. When
 * there is a budget again the same step is performed again, in the same workspace and conversation.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { budgetUsd, isSpent } from "../../domain/Budget.ts"
import { BudgetReached, DayBudgetReached } from "../../domain/SessionEvent.ts"
import type { SessionState, Turn } from "../../domain/SessionState.ts"
import { DayBudget } from "../../services/budget/DayBudget.ts"
import { Sandbox } from "../../services/sandbox/Sandbox.ts"
import type { StepContext } from "./StepContext.ts"

const whileBusy = { times: 3, schedule: Schedule.exponential("200 millis") }

/** The budget that has nothing left. */
type Reached = (remainingMillis: number) => typeof BudgetReached.Type | typeof DayBudgetReached.Type

const ofSession = (turn: number, state: SessionState): Option.Option<Reached> => {
  const budget = budgetUsd(state)
  return budget === undefined || !isSpent(state)
    ? Option.none()
    : Option.some((remainingMillis) =>
      BudgetReached.make({ turn, budgetUsd: budget, firstUsd: state.spec.budgetUsd ?? budget, remainingMillis })
    )
}

export const make = Effect.gen(function*() {
  const day = yield* DayBudget
  const sandbox = yield* Sandbox

  /** The budget of which nothing is left, the session's own first. */
  const reached = (state: SessionState, { number: turn }: Turn) => {
    const own = ofSession(turn, state)
    return Option.isSome(own) ? Effect.succeed(own) : Effect.map(
      day.spent,
      Option.map(({ budgetUsd, until }): Reached => (remainingMillis) =>
        DayBudgetReached.make({ turn, budgetUsd, until, remainingMillis })
      )
    )
  }

  /**
   * Lets the turn wait, if nothing is left of a budget; returns whether it does. A run that has come to its end must not
   * be found when the step is performed again: where it cannot be removed, the step fails.
   */
  const ifReached = Effect.fn("BudgetPause.ifReached")(function*({ claim, record }: StepContext, turn: Turn) {
    const stop = yield* reached(yield* record([]), turn)
    if (Option.isNone(stop)) return false
    yield* Effect.retry(sandbox.removeRuns(claim.sessionId), whileBusy)
    const remaining = DateTime.toEpochMillis(turn.deadline) - (yield* Clock.currentTimeMillis)
    yield* record([stop.value(Math.max(0, remaining))])
    return true
  })

  return { ifReached, day }
})
