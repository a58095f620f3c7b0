/** Sandboxes wait for the sessions that ended a turn last, and never at the expense of sessions that work. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { idleTime, quietTime, RestingSandboxes } from "../../../src/actors/steps/RestingSandboxes.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { Sandbox, SandboxError } from "../../../src/services/sandbox/Sandbox.ts"
import { BackgroundTasks } from "../../../src/services/support/BackgroundTasks.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const first = SessionId.make("00000000000a")
const second = SessionId.make("00000000000b")
const third = SessionId.make("00000000000c")

/** A server that keeps so many, and which sandboxes wait on it. */
const make = Effect.fnUntraced(function*(
  warmSandboxes: number,
  options: { readonly refuses?: boolean; readonly removalTime?: Duration.DurationInput } = {}
) {
  const waiting = yield* Ref.make<ReadonlyArray<SessionId>>([])
  const sandbox = Layer.mock(Sandbox, {
    kind: "fake",
    giveUpPrepared: (id) =>
      Effect.zipRight(
        Effect.delay(Ref.update(waiting, (all) => all.filter((each) => each !== id)), options.removalTime ?? 0),
        Effect.when(new SandboxError({ operation: "removal", reason: "no engine" }), () => options.refuses === true)
      )
  })
  const scope = yield* Scope.make()
  const context = yield* RestingSandboxes.layer.pipe(
    Layer.provide([sandbox, layerConfig({ warmSandboxes }), BackgroundTasks.layer]),
    Layer.buildWithScope(scope)
  )
  yield* TestClock.adjust(0)
  const resting = Context.get(context, RestingSandboxes)
  const prepare = (id: SessionId) => Ref.update(waiting, (all) => all.includes(id) ? all : [...all, id])
  return {
    ...resting,
    rest: (id: SessionId, time: Duration.DurationInput = 0) => resting.rest(id, Effect.delay(prepare(id), time)),
    prepare,
    waiting: Effect.zipRight(TestClock.adjust(0), Ref.get(waiting)),
    quiet: TestClock.adjust(quietTime),
    end: Scope.close(scope, Exit.void)
  }
})

describe("sandboxes of sessions that rest", () => {
  it.scoped("are prepared when nothing has begun or ended for a moment", () =>
    Effect.gen(function*() {
      const { quiet, rest, waiting, work } = yield* make(2)
      yield* rest(first)
      yield* TestClock.adjust("900 millis")
      assert.deepStrictEqual(yield* waiting, [])
      yield* work(second)
      yield* TestClock.adjust("900 millis")
      yield* rest(second)
      yield* TestClock.adjust("900 millis")
      assert.deepStrictEqual(yield* waiting, [])
      yield* quiet
      assert.deepStrictEqual(yield* waiting, [first, second])
    }))

  it.scoped("wait for so many sessions as are wanted: those that ended a turn last", () =>
    Effect.gen(function*() {
      const { quiet, reserved, rest, waiting } = yield* make(2)
      for (const id of [first, second, third]) {
        yield* rest(id)
        yield* quiet
      }
      assert.deepStrictEqual(yield* waiting, [second, third])
      assert.deepStrictEqual(yield* reserved, new Set([second, third]))
      yield* rest(second)
      yield* rest(first)
      yield* quiet
      assert.deepStrictEqual(yield* waiting, [second, first])
    }))

  it.scoped("are the session's own as soon as it works again", () =>
    Effect.gen(function*() {
      const { quiet, reserved, rest, waiting, work } = yield* make(1)
      yield* rest(first)
      yield* quiet
      yield* work(first)
      assert.deepStrictEqual(yield* reserved, new Set())
      yield* rest(second)
      yield* quiet
      yield* TestClock.adjust(idleTime)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* waiting, [first], "nobody gives up what a session at work has")
    }))

  it.scoped("are not prepared for a session that works again before", () =>
    Effect.gen(function*() {
      const { quiet, rest, waiting, work } = yield* make(1)
      yield* rest(first)
      yield* work(first)
      yield* quiet
      assert.deepStrictEqual(yield* waiting, [])
    }))

  it.scoped("are left to a session that works again while others are prepared or given up", () =>
    Effect.gen(function*() {
      const { prepare, quiet, rest, waiting, work } = yield* make(2, { removalTime: "5 seconds" })
      yield* rest(first, "5 seconds")
      yield* rest(second)
      yield* quiet
      yield* work(second)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* waiting, [first])
      for (const id of [second, third]) {
        yield* prepare(id)
        yield* rest(id)
      }
      yield* rest(SessionId.make("00000000000d"))
      // the first and the second are given up, one after the other
      yield* TestClock.adjust("1 second")
      yield* work(second)
      yield* TestClock.adjust("1 minute")
      assert.notInclude(yield* waiting, first)
      assert.include(yield* waiting, second)
    }))

  it.scoped("are given up where nobody asks for more, and at the server's end", () =>
    Effect.gen(function*() {
      const { end, quiet, reserved, rest, waiting } = yield* make(2)
      yield* rest(first)
      yield* TestClock.adjust("5 minutes")
      yield* rest(second)
      yield* quiet
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(yield* waiting, [second])
      assert.deepStrictEqual(yield* reserved, new Set([second]))
      yield* end
      assert.deepStrictEqual(yield* waiting, [])
    }))

  it.scoped("of sessions that ended a turn before are given up at once, however busy the server is", () =>
    Effect.gen(function*() {
      const { prepare, rest, waiting } = yield* make(1)
      for (const id of [first, second, third]) {
        yield* prepare(id)
        yield* rest(id)
      }
      assert.deepStrictEqual(yield* waiting, [third], "nothing is quiet yet")
    }))

  it.scoped("that cannot be given up keep nobody from the next ones", () =>
    Effect.gen(function*() {
      const { quiet, reserved, rest, waiting } = yield* make(1, { refuses: true })
      yield* rest(first)
      yield* rest(second)
      yield* quiet
      assert.deepStrictEqual(yield* waiting, [second])
      assert.deepStrictEqual(yield* reserved, new Set([second]))
    }))

  it.scoped("there are none where none are wanted", () =>
    Effect.gen(function*() {
      const { isOn, quiet, rest, waiting } = yield* make(0)
      assert.isFalse(isOn)
      yield* rest(first)
      yield* quiet
      assert.deepStrictEqual(yield* waiting, [])
    }))
})
