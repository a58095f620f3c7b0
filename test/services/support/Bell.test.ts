import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Bell from "../../../src/services/support/Bell.ts"

describe("a bell", () => {
  it.effect("wakes all that wait for its next stroke", () =>
    Effect.gen(function*() {
      const bell = Bell.make()
      const waiting = yield* Effect.forEach([1, 2, 3], () => Effect.fork(bell.after(bell.strokes())))
      yield* Effect.yieldNow()
      bell.ring()
      yield* Effect.forEach(waiting, Fiber.join)
      assert.strictEqual(bell.strokes(), 1)
    }))

  it.effect("keeps nobody waiting that has missed a stroke", () =>
    Effect.gen(function*() {
      const bell = Bell.make()
      const seen = bell.strokes()
      bell.ring()
      bell.ring()
      yield* bell.after(seen)
      yield* bell.after(1)
    }))

  it.effect("forgets a waiter that is interrupted, and all when it is closed", () =>
    Effect.gen(function*() {
      const bell = Bell.make()
      const [one, other] = yield* Effect.all([Effect.fork(bell.after(0)), Effect.fork(bell.after(0))])
      yield* Effect.yieldNow()
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(one)))
      bell.close()
      yield* Fiber.join(other)
      assert.isTrue(bell.isClosed())
      yield* bell.after(bell.strokes())
    }))
})
