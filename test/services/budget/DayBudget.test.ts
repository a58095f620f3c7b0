/** What all sessions together can spend in a day, however many calls there are at once, and after a kill. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { SessionId } from "../../../src/domain/Ids.ts"
import { DayBudget } from "../../../src/services/budget/DayBudget.ts"
import * as OpenCalls from "../../../src/services/gateway/OpenCalls.ts"
import * as Database from "../../../src/services/store/Database.ts"
import { SpentOnDay } from "../../../src/services/store/SpentOnDay.ts"
import { BackgroundTasks } from "../../../src/services/support/BackgroundTasks.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const session = SessionId.make("0123456789ab")

/** The day's account of one server on a log; `dataDir` has the calls that earlier servers left. */
const serve = (dataDir: string, database: Layer.Layer<SqlClient.SqlClient>) =>
  Effect.map(
    Layer.build(
      DayBudget.layer.pipe(
        Layer.provide(SpentOnDay.layer),
        Layer.provide(database),
        Layer.provide(layerConfig({ dataDir, budgetDayUsd: Option.some(1) })),
        Layer.provide(NodeContext.layer)
      )
    ),
    (context) => Context.get(context, DayBudget)
  )

const setUp = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "d-" })
  const database = yield* Layer.build(Database.layerMemory)
  const sql = Context.get(database, SqlClient.SqlClient)
  let id = 0
  const log = (detail: unknown) =>
    Effect.flatMap(DateTime.now, (now) =>
      sql`INSERT INTO session_events ${
        sql.insert({
          id: ++id,
          session_id: session,
          type: "usage",
          data: "",
          created_at: DateTime.formatIso(now),
          detail: JSON.stringify(detail)
        })
      }`)
  yield* sql`INSERT INTO sessions ${
    sql.insert({ id: session, repo: "acme/app", prompt: "x", created_at: "2026-01-01", updated_at: "2026-01-01" })
  }`
  const cost = (costUsd: number) => log({ _tag: "UsageRecorded", usage: { cost_usd: costUsd } })
  const start = serve(dataDir, Layer.succeedContext(database))
  return { cost, dataDir, day: yield* start, log, start }
}).pipe(Effect.provide(NodeContext.layer))

/** A call that costs this, at most that; its cost is in the log before its reservation ends. */
const call = (
  { account }: Context.Tag.Service<DayBudget>,
  cost: (usd: number) => Effect.Effect<unknown, SqlError>,
  [usd, atMostUsd]: readonly [number, number]
) =>
  Effect.scoped(Effect.gen(function*() {
    yield* Option.match(account, { onNone: () => Effect.void, onSome: ({ letOut }) => letOut(atMostUsd) })
    yield* Effect.yieldNow()
    yield* cost(usd)
  }))

const isRefused = Either.isLeft

describe("the day's budget", () => {
  it.scoped("under 20 parallel calls spends no more than that and one answer", () =>
    Effect.gen(function*() {
      const { cost, day } = yield* setUp
      let spent = 0
      const counting = (usd: number) => Effect.tap(cost(usd), () => Effect.sync(() => (spent += usd)))
      const ends = yield* Effect.forEach(
        Array.from({ length: 20 }, () => [0.15, 0.3] as const),
        (each) => Effect.either(call(day, counting, each)),
        { concurrency: 20 }
      )
      assert.isAtLeast(spent, 1)
      assert.isAtMost(spent, 1 + 0.15)
      assert.isAbove(ends.filter(isRefused).length, 0)
    }))

  it.scoped("lets none out beside others that may use up the rest", () =>
    Effect.gen(function*() {
      const { cost, day } = yield* setUp
      const letOut = Option.getOrThrow(day.account).letOut
      const first = yield* Scope.make()
      yield* Scope.extend(letOut(0.8), first)
      const second = yield* Effect.fork(Effect.scoped(letOut(0.3)))
      yield* Effect.yieldNow()
      assert.isTrue(Option.isNone(yield* Fiber.poll(second)))
      yield* cost(0.1)
      yield* Scope.close(first, Exit.void)
      yield* Fiber.join(second)
    }))

  it.scoped("is whole again on the next day", () =>
    Effect.gen(function*() {
      const { cost, day } = yield* setUp
      yield* cost(1)
      const spent = Option.getOrThrow(yield* day.spent)
      assert.strictEqual(DateTime.formatIso(spent.until), "1970-01-02T00:00:00.000Z")
      assert.include(spent.message, "OPENTL_BUDGET_DAY_USD")
      assert.isTrue(isRefused(yield* Effect.either(call(day, cost, [0.1, 0.1]))))
      yield* TestClock.adjust("1 day")
      assert.isTrue(Option.isNone(yield* day.spent))
      yield* call(day, cost, [0.1, 0.1])
    }))

  it.scoped("has what people added, on this day and no other", () =>
    Effect.gen(function*() {
      const { cost, day, log } = yield* setUp
      yield* cost(1.2)
      yield* log({ _tag: "DayBudgetRaised", add_usd: 0.5 })
      assert.isTrue(Option.isNone(yield* day.spent))
      yield* TestClock.adjust("1 day")
      yield* cost(1)
      assert.isTrue(Option.isSome(yield* day.spent))
    }))

  it.scoped("after a kill has spent what the calls under way have cost, before anybody asks for more", () =>
    Effect.gen(function*() {
      const { cost, dataDir, start } = yield* setUp
      const open = yield* OpenCalls.make(dataDir)
      const calls = yield* open(session)
      const rates = { input: 1, output: 100, cacheRead: 1, cacheWrite: 1, cacheWriteHour: 1 }
      const price = { rates, tiers: [], perRequest: 1 }
      // a killed server closes nothing
      yield* Effect.asVoid(calls.note({ model: "m", price, bytes: 10, maxOutput: 10 }))
      const next = yield* start
      assert.isTrue(isRefused(yield* Effect.either(call(next, cost, [0.1, 0.1]))))
      // its session is taken up: the call is in the log now, and counts once
      yield* next.counted(session)
      assert.isTrue(Option.isNone(yield* next.spent))
      yield* cost(1)
      assert.isTrue(Option.isSome(yield* next.spent))
    }).pipe(Effect.provide(Layer.merge(NodeContext.layer, BackgroundTasks.layer))))
})
