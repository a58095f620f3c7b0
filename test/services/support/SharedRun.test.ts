import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as SharedRun from "../../../src/services/support/SharedRun.ts"

/** Work that takes until the test lets it end, in turn. */
const setUp = Effect.gen(function*() {
  const gates = [yield* Deferred.make<string, string>(), yield* Deferred.make<string, string>()] as const
  const begun: Array<number> = []
  const semaphore = yield* Effect.makeSemaphore(1)
  const work = Effect.suspend(() => {
    begun.push(begun.length)
    return Deferred.await(begun.length === 1 ? gates[0] : gates[1])
  })
  return { begun, gates, ask: SharedRun.make(work, semaphore.withPermits(1)) }
})

/** Lets everything happen that can. */
const settle = Effect.repeatN(Effect.yieldNow(), 50)

describe("a shared run", () => {
  it.effect("serves all who asked before it began; who asks later has the next one", () =>
    Effect.gen(function*() {
      const { ask, begun, gates } = yield* setUp
      const first = yield* Effect.fork(ask)
      yield* settle
      const later = yield* Effect.forEach([1, 2, 3], () => Effect.fork(ask))
      yield* settle
      assert.deepStrictEqual(begun, [0], "the second waits for its turn")
      yield* Deferred.succeed(gates[0], "old")
      assert.strictEqual(yield* Fiber.join(first), "old")
      yield* settle
      assert.deepStrictEqual(begun, [0, 1])
      yield* Deferred.succeed(gates[1], "new")
      assert.deepStrictEqual(yield* Effect.forEach(later, Fiber.join), ["new", "new", "new"])
      assert.deepStrictEqual(begun, [0, 1])
    }))

  it.effect("is begun again by another when the one leaves who does it, and fails for all", () =>
    Effect.gen(function*() {
      const { ask, begun, gates } = yield* setUp
      const first = yield* Effect.fork(ask)
      yield* settle
      const leaver = yield* Effect.fork(ask)
      yield* settle
      const others = yield* Effect.forEach([1, 2], () => Effect.fork(ask))
      yield* settle
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(leaver)), "before its turn")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(first)), "at work")
      yield* settle
      assert.deepStrictEqual(begun, [0, 1])
      yield* Deferred.fail(gates[1], "broken")
      assert.deepStrictEqual(yield* Effect.forEach(others, Fiber.await), [Exit.fail("broken"), Exit.fail("broken")])
      assert.deepStrictEqual(begun, [0, 1])
    }))
})
