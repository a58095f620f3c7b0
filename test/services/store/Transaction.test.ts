/** Every way in which a transaction can fail is a value, and the connection is in order afterwards. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import * as SqlError from "@effect/sql/SqlError"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Database from "../../../src/services/store/Database.ts"
import * as Transaction from "../../../src/services/store/Transaction.ts"

const failure = (code: string, message: string = code) =>
  new SqlError.SqlError({ cause: { code, message }, message: "failed" })

/** A connection that records its statements, and fails on request. */
const scripted = (failures: Readonly<Record<string, SqlError.SqlError>>) =>
  Effect.gen(function*() {
    const said = yield* Ref.make<ReadonlyArray<string>>([])
    const reserved = yield* Ref.make(0)
    const stuck = yield* Ref.make(false)
    const say = (text: string) =>
      Effect.zipRight(
        Ref.update(said, (all) => [...all, text]),
        failures[text] === undefined ? Effect.succeed([]) : Effect.fail(failures[text])
      )
    const connection: Connection = {
      execute: say,
      executeRaw: say,
      executeValues: say,
      executeUnprepared: say,
      executeStream: () => Stream.empty
    }
    const transaction = Transaction.make({
      reserve: Effect.acquireRelease(
        Effect.as(Ref.update(reserved, (n) => n + 1), connection),
        () => Ref.update(reserved, (n) => n - 1)
      ),
      whileLocked: Schedule.spaced("1 second").pipe(Schedule.intersect(Schedule.recurs(3))),
      onStuck: Ref.set(stuck, true)
    })
    return { transaction, said: Ref.get(said), reserved: Ref.get(reserved), stuck: Ref.get(stuck) }
  })

const after = <E>(exit: Exit.Exit<unknown, E>) =>
  Exit.isFailure(exit) ? Cause.failureOrCause(exit.cause)._tag === "Left" ? "failed" : "died" : "succeeded"

describe("a transaction", () => {
  it.effect("fails with a value where BEGIN, a statement or COMMIT does, and the connection is given back", () =>
    Effect.gen(function*() {
      const cases = [
        ["BEGIN IMMEDIATE", ["BEGIN IMMEDIATE"]],
        ["INSERT", ["BEGIN IMMEDIATE", "INSERT", "ROLLBACK"]],
        ["COMMIT", ["BEGIN IMMEDIATE", "INSERT", "COMMIT", "ROLLBACK"]]
      ] as const
      for (const [failing, expected] of cases) {
        const { reserved, said, stuck, transaction } = yield* scripted({ [failing]: failure("SQLITE_FULL") })
        const insert = Effect.flatMap(
          Effect.serviceOption(SqlClient.TransactionConnection),
          Option.match({
            onNone: () => Effect.dieMessage("not in a transaction"),
            onSome: ([connection]) => connection.executeRaw("INSERT", [])
          })
        )
        const exit = yield* Effect.exit(transaction(insert))
        assert.strictEqual(after(exit), "failed", failing)
        assert.deepStrictEqual([yield* said, yield* reserved, yield* stuck], [expected, 0, false], failing)
      }
    }))

  it.effect("that SQLite has rolled back by itself is over; where that is not known, the connection is given up", () =>
    Effect.gen(function*() {
      const over = failure("SQLITE_ERROR", "cannot rollback - no transaction is active")
      for (const [rollback, isStuck] of [[over, false], [failure("SQLITE_IOERR"), true]] as const) {
        const { said, stuck, transaction } = yield* scripted({ COMMIT: failure("SQLITE_FULL"), ROLLBACK: rollback })
        const error = yield* Effect.flip(transaction(Effect.void))
        assert.strictEqual(error._tag, "SqlError")
        assert.deepStrictEqual(error.cause, { code: "SQLITE_FULL", message: "SQLITE_FULL" }, "it is COMMIT's failure")
        assert.deepStrictEqual([(yield* said).length, yield* stuck], [3, isStuck])
      }
    }))

  it.effect("is rolled back where its effect fails, dies or is interrupted", () =>
    Effect.gen(function*() {
      const ends = [Effect.fail("no"), Effect.dieMessage("a bug"), Effect.interrupt]
      for (const end of ends) {
        const { reserved, said, transaction } = yield* scripted({})
        assert.isTrue(Exit.isFailure(yield* Effect.exit(transaction(end))))
        assert.deepStrictEqual([yield* said, yield* reserved], [["BEGIN IMMEDIATE", "ROLLBACK"], 0])
      }
    }))

  it.effect("that meets a lock is begun again, and others have the connection in between", () =>
    Effect.gen(function*() {
      const { reserved, said, transaction } = yield* scripted({ "BEGIN IMMEDIATE": failure("SQLITE_BUSY") })
      const waiting = yield* Effect.fork(Effect.exit(transaction(Effect.void)))
      yield* TestClock.adjust("1500 millis")
      assert.deepStrictEqual([(yield* said).length, yield* reserved], [2, 0])
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(after(yield* Fiber.join(waiting)), "failed")
      assert.deepStrictEqual([(yield* said).length, yield* reserved], [4, 0], "it is not waited for without end")
    }))

  it.effect("that waits for a lock can be interrupted", () =>
    Effect.gen(function*() {
      const { reserved, transaction } = yield* scripted({ "BEGIN IMMEDIATE": failure("SQLITE_BUSY") })
      const waiting = yield* Effect.fork(transaction(Effect.void))
      yield* TestClock.adjust("500 millis")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(waiting)))
      assert.strictEqual(yield* reserved, 0)
    }))
})

describe("a transaction of the database", () => {
  it.effect("is a part of the one that it is in", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE t (x)`
      const both = sql.withTransaction(Effect.gen(function*() {
        yield* sql`INSERT INTO t VALUES (1)`
        yield* sql.withTransaction(sql`INSERT INTO t VALUES (2)`)
        return yield* Effect.fail("no")
      }))
      yield* Effect.flip(both)
      assert.deepStrictEqual(yield* sql`SELECT * FROM t`, [])
    }).pipe(Effect.provide(Database.layerMemory)))

  it.effect("has no statement of another's in it", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE t (x)`
      const inside = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const failing = yield* Effect.fork(Effect.exit(sql.withTransaction(
        Effect.gen(function*() {
          yield* sql`INSERT INTO t VALUES (1)`
          yield* Deferred.succeed(inside, undefined)
          yield* Deferred.await(go)
          return yield* Effect.fail("no")
        })
      )))
      yield* Deferred.await(inside)
      const other = yield* Effect.fork(sql`INSERT INTO t VALUES (2)`)
      yield* Effect.yieldNow()
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(failing)
      yield* Fiber.join(other)
      assert.deepStrictEqual(yield* sql`SELECT * FROM t`, [{ x: 2 }])
    }).pipe(Effect.provide(Database.layerMemory)))
})
