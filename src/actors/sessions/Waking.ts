/**
 * Lets sessions go on whose wait ends by itself. A session that waits has no fiber: each minute the log is asked which
 * waits are over, so that it makes no difference whether this is the server that the wait began with.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { SessionCommand } from "../../domain/SessionCommand.ts"
import { DayBudget } from "../../services/budget/DayBudget.ts"
import { SessionHistory, type WaitingSession } from "../../services/store/SessionHistory.ts"
import { logStoreError } from "../../services/store/StoreError.ts"
import { BackgroundTasks } from "../../services/support/BackgroundTasks.ts"
import { OwnSessions } from "../session/OwnSessions.ts"
import { SessionSupervisor } from "../session/SessionSupervisor.ts"

const lookEvery = Schedule.spaced("1 minute")

export const layer = Layer.scopedDiscard(Effect.gen(function*() {
  const day = yield* DayBudget
  const history = yield* SessionHistory
  const own = yield* OwnSessions
  const supervisor = yield* SessionSupervisor
  const tasks = yield* BackgroundTasks

  const wake = ({ id, summary: { turn } }: WaitingSession) =>
    supervisor.ask(id, SessionCommand.Wake({ turn })).pipe(
      // looked at again in a minute
      Effect.catchAll((error) => Effect.logWarning(`session ${id} stays as it is: ${error.message}`))
    )

  const look = Effect.gen(function*() {
    const waiting = (yield* history.waiting).filter(({ id }) => own.includes(id))
    if (waiting.length === 0) return
    const now = yield* DateTime.now
    const isDaySpent = Option.isSome(yield* day.spent)
    const isOver = ({ summary: { phase, waitsUntil } }: WaitingSession) =>
      phase === "budget" ? !isDaySpent : waitsUntil !== undefined && DateTime.lessThanOrEqualTo(waitsUntil, now)
    yield* Effect.forEach(waiting.filter(isOver), wake, { discard: true })
  }).pipe(Effect.catchTag("StoreError", logStoreError), Effect.withSpan("Waking.look"))

  yield* tasks.run("waits", Effect.repeat(look, lookEvery))
}))
