/** Fibers that are to live as long as the program do, and whoever asks is told of those that cannot. */
import { assert, describe, it } from "@effect/vitest"
import type * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import type { BackgroundTasks } from "../../../src/services/support/BackgroundTasks.ts"
import { describe as tell, make } from "../../../src/services/support/BackgroundTasks.ts"
import * as Logged from "../../support/Logged.ts"

/** A task that ends as it is told each time, and how often it was started. */
const scripted = (...ends: ReadonlyArray<Effect.Effect<unknown, unknown>>) =>
  Effect.map(Ref.make(0), (starts) => ({
    starts: Ref.get(starts),
    task: Effect.flatMap(
      Ref.getAndUpdate(starts, (n) => n + 1),
      (n) => ends[n] ?? ends[ends.length - 1] ?? Effect.never
    )
  }))

class Broken extends Schema.TaggedError<Broken>()("Broken", {}) {
  override get message() {
    return "the queue is gone\nat line 7"
  }
}
const broken = Effect.fail(new Broken())

const supervised = <A, E>(
  test: (given: {
    readonly tasks: Context.Tag.Service<BackgroundTasks>
    readonly lines: Effect.Effect<ReadonlyArray<Logged.LogLine>>
    readonly told: Effect.Effect<ReadonlyArray<string>>
  }) => Effect.Effect<A, E, Scope.Scope>
) =>
  Effect.gen(function*() {
    const logged = yield* Logged.make
    const tasks = yield* make
    const told = Effect.map(tasks.tasks, (tasks) =>
      tasks.map((task) => `${task.name}: ${Option.getOrElse(tell(task), () => "running")}`))
    return yield* Effect.provide(test({ tasks, lines: logged.lines, told }), logged.layer)
  })

describe("a supervised task", () => {
  it.scoped("that fails is logged with its cause and started again, ever later, at most every half minute", () =>
    supervised(({ lines, tasks }) =>
      Effect.gen(function*() {
        const { starts, task } = yield* scripted(broken)
        yield* tasks.run("reader", task)
        yield* TestClock.adjust(0)
        const after = (millis: number) => Effect.zipRight(TestClock.adjust(millis), starts)
        assert.deepStrictEqual(
          [yield* starts, yield* after(99), yield* after(1), yield* after(199), yield* after(1)],
          [1, 1, 2, 2, 3]
        )
        yield* TestClock.adjust("10 minutes")
        const before = yield* starts
        yield* TestClock.adjust("5 minutes")
        assert.strictEqual((yield* starts) - before, 10, "one each 30 seconds")
        const [line] = yield* lines
        assert.strictEqual(line?.level, "Error")
        assert.include(line?.message, "reader")
        assert.include(line?.cause, "the queue is gone")
      })
    ))

  it.scoped("that dies of a defect is started again as well", () =>
    supervised(({ lines, tasks, told }) =>
      Effect.gen(function*() {
        const { starts, task } = yield* scripted(Effect.dieMessage("a bug"), Effect.never)
        yield* tasks.run("reader", task)
        yield* TestClock.adjust(0)
        assert.deepStrictEqual(yield* told, ["reader: restarting since 1970-01-01T00:00:00.000Z, because a bug"])
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* starts, 2)
        assert.include((yield* lines)[0]?.cause, "a bug")
      })
    ))

  it.scoped("is told as restarting, and since when, for as long as it fails", () =>
    supervised(({ tasks, told }) =>
      Effect.gen(function*() {
        yield* TestClock.adjust("1 hour")
        const { task } = yield* scripted(Effect.delay(broken, "10 seconds"))
        yield* tasks.run("reader", task)
        yield* TestClock.adjust("9 seconds")
        assert.deepStrictEqual(yield* told, ["reader: running"])
        yield* TestClock.adjust("1 second")
        // also in between, while it is tried again
        for (const step of ["100 millis", "5 seconds", "1 minute", "10 minutes"] as const) {
          yield* TestClock.adjust(step)
          assert.deepStrictEqual(yield* told, [
            "reader: restarting since 1970-01-01T01:00:10.000Z, because the queue is gone"
          ])
        }
      })
    ))

  it.scoped("runs again once it has lived for a minute; the next failure is a first one", () =>
    supervised(({ tasks, told }) =>
      Effect.gen(function*() {
        const { starts, task } = yield* scripted(broken, broken, Effect.delay(broken, "2 minutes"), Effect.never)
        yield* tasks.run("reader", task)
        yield* TestClock.adjust("300 millis")
        assert.strictEqual(yield* starts, 3)
        yield* TestClock.adjust("59 seconds")
        assert.include((yield* told)[0], "restarting since")
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* told, ["reader: running"])
        yield* TestClock.adjust("1 minute")
        assert.include((yield* told)[0], `restarting since ${DateTime.formatIso(DateTime.unsafeMake(120_300))}`)
        yield* TestClock.adjust("100 millis")
        assert.strictEqual(yield* starts, 4)
      })
    ))

  it.effect("that is interrupted with its scope is over, and not started again", () =>
    supervised(({ lines, tasks, told }) =>
      Effect.gen(function*() {
        const released = yield* Deferred.make<void>()
        const { starts, task } = yield* scripted(
          Effect.onInterrupt(Effect.never, () => Deferred.succeed(released, undefined))
        )
        const scope = yield* Scope.make()
        yield* Scope.extend(tasks.run("reader", task), scope)
        yield* TestClock.adjust("1 second")
        yield* Scope.close(scope, Exit.void)
        yield* Deferred.await(released)
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual([yield* starts, yield* told, yield* lines], [1, [], []])
      })
    ).pipe(Effect.scoped))

  it.scoped("that is interrupted from within has ended without being told to, and is started again", () =>
    supervised(({ tasks, told }) =>
      Effect.gen(function*() {
        const { starts, task } = yield* scripted(Effect.interrupt, Effect.never)
        yield* tasks.run("reader", task)
        yield* TestClock.adjust(0)
        assert.include((yield* told)[0], "because it was interrupted from within")
        yield* TestClock.adjust("100 millis")
        assert.strictEqual(yield* starts, 2)
      })
    ))

  it.scoped("while it waits to be started again ends with its scope", () =>
    supervised(({ tasks, told }) =>
      Effect.gen(function*() {
        const { starts, task } = yield* scripted(broken)
        const scope = yield* Scope.make()
        yield* Scope.extend(tasks.run("reader", task), scope)
        yield* TestClock.adjust(0)
        yield* Scope.close(scope, Exit.void)
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual([yield* starts, yield* told], [1, []])
      })
    ))

  it.scoped("that succeeds has nothing more to do", () =>
    supervised(({ tasks, told }) =>
      Effect.gen(function*() {
        const { starts, task } = yield* scripted(Effect.void)
        yield* Fiber.join(yield* tasks.run("reader", task))
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual([yield* starts, yield* told], [1, []])
      })
    ))

  it.scoped("is one of many, each by its name", () =>
    supervised(({ tasks, told }) =>
      Effect.gen(function*() {
        yield* tasks.run("one", Effect.never)
        yield* tasks.run("two", broken)
        yield* tasks.run("one", Effect.never)
        yield* TestClock.adjust(0)
        assert.deepStrictEqual((yield* told).map((text) => text.split(" since")[0]), [
          "one: running",
          "two: restarting",
          "one: running"
        ])
      })
    ))
})
