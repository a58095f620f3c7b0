/**
 * Limits what all sessions together spend on models in a UTC day (`OPENTL_BUDGET_DAY_USD`). What is spent is what the
 * log says: the day's `UsageRecorded`. A call is let out with a reservation, the most that it can cost, which is kept
 * until its cost is in the log. So the calls of all sessions spend at most the day's budget plus one response, however
 * many there are at once.
 *
 * Calls that a killed server left running count as spent from the start, as far as they may have got.
 */
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Ref from "effect/Ref"
import { type DayAccount, DayBudgetSpent, DayBudgetUnknown } from "../../domain/DayAccount.ts"
import type { SessionId } from "../../domain/Ids.ts"
import { AppConfig } from "../config/AppConfig.ts"
import * as Account from "../gateway/Account.ts"
import { SpentOnDay } from "../store/SpentOnDay.ts"
import { logStoreError, type StoreError } from "../store/StoreError.ts"
import * as LeftOverCalls from "./LeftOverCalls.ts"

export class DayBudget extends Context.Tag("opentl/services/budget/DayBudget")<DayBudget, {
  /** None without such a budget. */
  readonly account: Option.Option<DayAccount>
  /** The day's budget, if nothing is left of it. */
  readonly spent: Effect.Effect<Option.Option<DayBudgetSpent>, StoreError>
  /** The calls that an earlier server left running for this session are in the log now. */
  readonly counted: (session: SessionId) => Effect.Effect<void>
}>() {
  static readonly layerUnlimited = Layer.succeed(
    DayBudget,
    DayBudget.of({ account: Option.none(), spent: Effect.succeedNone, counted: () => Effect.void })
  )

  static readonly layer = Layer.unwrapEffect(Effect.map(AppConfig, ({ budgetDayUsd }) =>
    Option.match(budgetDayUsd, {
      onNone: () => DayBudget.layerUnlimited,
      onSome: (limitUsd) => Layer.effect(DayBudget, make(limitUsd))
    })))
}

/** Less than this is nothing: sums of prices are not exact. */
const nothing = 1e-9

interface Day {
  readonly begins: DateTime.Utc
  readonly ends: DateTime.Utc
}

const today: Effect.Effect<Day> = Effect.map(DateTime.now, (now) => {
  const begins = DateTime.startOf(now, "day")
  return { begins, ends: DateTime.add(begins, { days: 1 }) }
})

const make = Effect.fnUntraced(function*(configuredUsd: number) {
  const { dataDir } = yield* AppConfig
  const log = yield* SpentOnDay
  const leftOn = yield* today
  const leftOver = yield* Ref.make(yield* LeftOverCalls.costs(dataDir))
  const underWay = yield* Ref.make<ReadonlyArray<{ readonly reservedUsd: number }>>([])
  const oneAtATime = yield* Effect.makeSemaphore(1)
  const changes = yield* Queue.sliding<void>(1)

  const ledger = Effect.gen(function*() {
    const day = yield* today
    const { addedUsd, spentUsd } = yield* log.on(day)
    const left = DateTime.Equivalence(day.begins, leftOn.begins) ? [...(yield* Ref.get(leftOver)).values()] : []
    return {
      until: day.ends,
      limitUsd: configuredUsd + addedUsd,
      spentUsd: left.reduce((total, usd) => total + usd, spentUsd) + nothing,
      underWay: yield* Ref.get(underWay)
    }
  })

  const hold = (reservedUsd: number) => {
    const call = { reservedUsd }
    return Effect.acquireRelease(
      Ref.update(underWay, (calls) => [...calls, call]),
      () =>
        Effect.zipRight(
          Ref.update(underWay, (calls) => calls.filter((other) => other !== call)),
          Queue.offer(changes, undefined)
        )
    )
  }

  /** Calls go out in their order: whoever waits holds the others back. */
  const letOut: DayAccount["letOut"] = (atMostUsd) =>
    Effect.gen(function*() {
      for (;;) {
        const now = yield* Effect.catchAll(ledger, (error) =>
          Effect.zipRight(logStoreError(error), new DayBudgetUnknown()))
        const decision = Account.decide(now, atMostUsd)
        if (decision === "goes") {
          return yield* Effect.asVoid(hold(atMostUsd))
        }
        if (decision === "refused") {
          return yield* new DayBudgetSpent({ budgetUsd: now.limitUsd, until: now.until })
        }
        yield* Queue.take(changes)
      }
    }).pipe(oneAtATime.withPermits(1))

  return DayBudget.of({
    account: Option.some({ letOut }),
    spent: Effect.map(
      ledger,
      ({ limitUsd, spentUsd, until }) =>
        spentUsd >= limitUsd ? Option.some(new DayBudgetSpent({ budgetUsd: limitUsd, until })) : Option.none()
    ),
    counted: (session) => Ref.update(leftOver, (calls) => new Map([...calls].filter(([other]) => other !== session)))
  })
})
