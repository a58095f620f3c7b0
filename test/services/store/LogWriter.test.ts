/** Whoever has lines to store learns what became of them, whatever happens to others' or to the writer. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { SessionId } from "../../../src/domain/Ids.ts"
import { OutputWritten } from "../../../src/domain/SessionEvent.ts"
import { LogWriter } from "../../../src/services/store/LogWriter.ts"
import { SessionStore } from "../../../src/services/store/SessionStore.ts"
import { StoreError } from "../../../src/services/store/StoreError.ts"
import { BackgroundTasks } from "../../../src/services/support/BackgroundTasks.ts"

type AppendLog = Context.Tag.Service<SessionStore>["appendLog"]

const session = (digit: string) => ({ sessionId: SessionId.make(digit.repeat(12)), generation: 1 })
const line = (number: number) => [OutputWritten.make({ turn: 1, round: 1, line: number, text: `line ${number}` })]
const fails = (cause: unknown) => new StoreError({ operation: "record output", cause })
const full = fails({ code: "SQLITE_FULL" })

/** A writer on a store that the test makes up. */
const writing = (appendLog: AppendLog) =>
  LogWriter.layer.pipe(
    Layer.provide(Layer.mock(SessionStore, { appendLog })),
    Layer.provide(BackgroundTasks.layer)
  )

const sessionsOf = (batches: Parameters<AppendLog>[0]) => batches.map(({ claim }) => claim.sessionId[0] ?? "")

describe("the log writer", () => {
  it.effect("fails only what cannot be stored, where one batch is the fault of the group's failure", () =>
    Effect.gen(function*() {
      const groups = yield* Ref.make<ReadonlyArray<ReadonlyArray<string>>>([])
      const layer = writing((batches) =>
        Effect.zipRight(
          Ref.update(groups, (all) => [...all, sessionsOf(batches)]),
          sessionsOf(batches).includes("b")
            ? fails({ code: "SQLITE_CONSTRAINT" })
            : sessionsOf(batches).includes("c")
            ? Effect.dieMessage("a bug")
            : Effect.succeed(batches.map(() => "stored" as const))
        )
      )
      const exits = yield* Effect.flatMap(
        LogWriter,
        (writer) =>
          Effect.forEach(["a", "b", "c", "d"], (digit) => Effect.exit(writer.write(session(digit), line(1))), {
            concurrency: "unbounded"
          })
      ).pipe(Effect.provide(layer))
      assert.deepStrictEqual(
        exits.map((exit) => Exit.isSuccess(exit) ? "stored" : Cause.isDie(exit.cause) ? "died" : "failed"),
        ["stored", "failed", "died", "stored"]
      )
      assert.isTrue((yield* Ref.get(groups)).some((group) => group.length > 1), "they came as a group")
    }))

  it.effect("holds nobody up with a transaction of very many lines", () =>
    Effect.gen(function*() {
      const groups = yield* Ref.make<ReadonlyArray<ReadonlyArray<number>>>([])
      const layer = writing((batches) =>
        Effect.as(
          Ref.update(groups, (all) => [...all, batches.map(({ events }) => events.length)]),
          batches.map(() => "stored" as const)
        )
      )
      const lines = (count: number) => Array.from({ length: count }, (_, index) => line(index + 1)).flat()
      const sizes = [1000, 1000, 1000, 1000, 1000, 96, 5000, 1, 1]
      yield* Effect.flatMap(
        LogWriter,
        (writer) =>
          Effect.forEach(sizes, (size, index) => writer.write(session(String(index)), lines(size)), {
            concurrency: "unbounded",
            discard: true
          })
      ).pipe(Effect.provide(layer))
      const written = yield* Ref.get(groups)
      assert.deepStrictEqual(written.flat(), sizes)
      assert.isTrue(written.some((group) => group.length > 1), "they came as a group")
      for (const group of written.filter((group) => group.length > 1)) {
        assert.isAtMost(group.reduce((sum, size) => sum + size, 0), 4096)
      }
    }))

  it.effect("waits out a full disk, and writes what waits in its order", () =>
    Effect.gen(function*() {
      const isFull = yield* Ref.make(true)
      const stored = yield* Ref.make<ReadonlyArray<number>>([])
      const layer = writing((batches) =>
        Effect.gen(function*() {
          if (yield* Ref.get(isFull)) return yield* full
          yield* Ref.update(stored, (all) => [
            ...all,
            ...batches.flatMap(({ events }) => events.map((event) => event.line))
          ])
          return batches.map(() => "stored" as const)
        })
      )
      yield* Effect.gen(function*() {
        const writer = yield* LogWriter
        const agent = yield* Effect.fork(
          Effect.forEach([1, 2, 3], (number) => writer.write(session("a"), line(number)))
        )
        yield* TestClock.adjust("20 seconds")
        assert.isTrue(Option.isNone(yield* Fiber.poll(agent)))
        yield* Ref.set(isFull, false)
        yield* TestClock.adjust("2 seconds")
        yield* Fiber.join(agent)
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(yield* Ref.get(stored), [1, 2, 3])
    }))

  it.effect("returns to a caller that is interrupted while the disk is full", () =>
    Effect.gen(function*() {
      yield* Effect.gen(function*() {
        const writer = yield* LogWriter
        const agent = yield* Effect.fork(writer.write(session("a"), line(1)))
        yield* TestClock.adjust("10 seconds")
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(agent)))
      }).pipe(Effect.provide(writing(() => full)))
    }))

  it.effect("tells who has no session any more, and whose lines do not follow on those that are stored", () =>
    Effect.gen(function*() {
      const outcomes = { a: "stored", b: "lost", c: "gap" } as const
      const layer = writing((batches) =>
        Effect.succeed(batches.map(({ claim }) => claim.sessionId.startsWith("b") ? outcomes.b : outcomes.c))
      )
      const tags = yield* Effect.flatMap(
        LogWriter,
        (writer) => Effect.forEach(["b", "c"], (digit) => Effect.flip(writer.write(session(digit), line(1))))
      ).pipe(
        Effect.provide(layer)
      )
      assert.deepStrictEqual(tags.map(({ _tag }) => _tag), ["SessionLost", "StoreError"])
    }))

  it.effect("leaves nobody waiting when it goes: neither those whose lines it writes nor those behind them", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const layer = writing(() => Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never))
      const scope = yield* Scope.make()
      const writer = Context.get(yield* Layer.buildWithScope(layer, scope), LogWriter)
      const callers = yield* Effect.forEach(
        Array.from({ length: 400 }, (_, i) => i + 1),
        (number) => Effect.fork(Effect.exit(writer.write(session("a"), line(number))))
      )
      yield* Deferred.await(begun)
      yield* Scope.close(scope, Exit.void)
      const exits = yield* Effect.forEach(callers, Fiber.join)
      assert.isTrue(exits.every(Exit.isFailure))
      assert.strictEqual((yield* Effect.flip(writer.write(session("a"), line(1))))._tag, "StoreError")
    }))
})
