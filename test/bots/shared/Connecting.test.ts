import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import { untilAnswered } from "../../../src/bots/shared/Connecting.ts"

describe("a request that a bot needs to start", () => {
  it.effect("is repeated after growing delays until it is answered", () =>
    Effect.gen(function*() {
      const tried = yield* Ref.make<ReadonlyArray<number>>([])
      const request = Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const times = yield* Ref.updateAndGet(tried, (all) => [...all, now])
        if (times.length < 8) return yield* Effect.fail({ isRetryable: true })
        return "opentl"
      })
      const fiber = yield* Effect.fork(untilAnswered(request))
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(yield* Fiber.join(fiber), "opentl")
      const seconds = (yield* Ref.get(tried)).map((millis) => millis / 1000)
      assert.deepStrictEqual(seconds, [0, 1, 3, 7, 15, 31, 61, 91])
    }))

  it.effect("is not repeated once the platform rejects it", () =>
    Effect.gen(function*() {
      const rejection = { isRetryable: false }
      assert.strictEqual(yield* Effect.flip(untilAnswered(Effect.fail(rejection))), rejection)
    }))
})
