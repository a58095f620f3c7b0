import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import * as WhileFresh from "../../../src/services/support/WhileFresh.ts"

describe("what was found in order", () => {
  it.effect("is not looked at again before its time is over, and what was not is, each time", () =>
    Effect.gen(function*() {
      const isMissing = yield* Ref.make(true)
      const looks = yield* Ref.make(0)
      const check = yield* WhileFresh.make(
        Effect.zipRight(
          Ref.update(looks, (count) => count + 1),
          Effect.flatMap(Ref.get(isMissing), (missing) => missing ? Effect.fail("missing") : Effect.succeed("there"))
        ),
        "1 minute"
      )
      const outcomes = Effect.forEach([1, 2, 3], () => Effect.merge(check))
      assert.deepStrictEqual(yield* outcomes, ["missing", "missing", "missing"])
      assert.strictEqual(yield* Ref.get(looks), 3)
      yield* Ref.set(isMissing, false)
      assert.deepStrictEqual(yield* outcomes, ["there", "there", "there"])
      assert.strictEqual(yield* Ref.get(looks), 4)
      yield* TestClock.adjust("61 seconds")
      assert.deepStrictEqual(yield* outcomes, ["there", "there", "there"])
      assert.strictEqual(yield* Ref.get(looks), 5)
    }))
})

describe("what is found once", () => {
  it.effect("is found by the next who asks, where whoever looked was interrupted", () =>
    Effect.gen(function*() {
      const looks = yield* Ref.make(0)
      const may = yield* Deferred.make<void>()
      const found = yield* WhileFresh.once(
        Effect.zipRight(Ref.update(looks, (count) => count + 1), Effect.as(Deferred.await(may), "found"))
      )
      const first = yield* Effect.fork(found)
      const second = yield* Effect.fork(found)
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(first)
      yield* Deferred.succeed(may, undefined)
      assert.strictEqual(yield* Fiber.join(second), "found")
      assert.strictEqual(yield* found, "found")
      assert.strictEqual(yield* Ref.get(looks), 2)
      yield* TestClock.adjust("1000 days")
      yield* found
      assert.strictEqual(yield* Ref.get(looks), 2)
    }))
})
