import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import { letFinish } from "../../../src/bots/shared/LetFinish.ts"

/** Begins, takes a while, ends. */
const slow = Effect.fnUntraced(function*(duration: "1 second" | "1 minute") {
  const begun = yield* Deferred.make<void>()
  const ended = yield* Ref.make(false)
  const work = Deferred.succeed(begun, undefined).pipe(
    Effect.zipRight(Effect.sleep(duration)),
    Effect.zipRight(Ref.set(ended, true))
  )
  return { begun, ended, work }
})

describe("what is under way at the end", () => {
  it.effect("is given the time to end by itself", () =>
    Effect.gen(function*() {
      const { begun, ended, work } = yield* slow("1 second")
      const fiber = yield* Effect.fork(letFinish(work))
      yield* Deferred.await(begun)
      const interrupting = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* Effect.yieldNow()
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(interrupting)
      assert.isTrue(yield* Ref.get(ended))
    }))

  it.effect("is let go where it takes too long", () =>
    Effect.gen(function*() {
      const { begun, ended, work } = yield* slow("1 minute")
      const fiber = yield* Effect.fork(letFinish(work))
      yield* Deferred.await(begun)
      const interrupting = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* Effect.yieldNow()
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(interrupting)
      assert.isFalse(yield* Ref.get(ended))
    }))
})
