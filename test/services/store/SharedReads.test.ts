import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as SharedReads from "../../../src/services/store/SharedReads.ts"

const counted = Effect.map(Ref.make(0), (reads) => ({
  reads: Ref.get(reads),
  read: <A, E>(result: Effect.Effect<A, E>) => Effect.zipRight(Ref.update(reads, (n) => n + 1), result)
}))

describe("a shared read", () => {
  it.effect("is made once for all that ask at the same time, and kept for who asks later", () =>
    Effect.gen(function*() {
      const { read, reads } = yield* counted
      const shared = SharedReads.make<string, never>({ capacity: 100, weigh: () => 1 })
      const go = yield* Deferred.make<void>()
      const asking = yield* Effect.fork(Effect.forEach(
        [1, 2, 3],
        () => shared("a", read(Effect.as(Deferred.await(go), "result"))),
        { concurrency: "unbounded" }
      ))
      yield* Effect.yieldNow()
      yield* Deferred.succeed(go, undefined)
      assert.deepStrictEqual(yield* Fiber.join(asking), ["result", "result", "result"])
      assert.strictEqual(yield* shared("a", read(Effect.succeed("another"))), "result")
      assert.strictEqual(yield* reads, 1)
    }))

  it.effect("goes on for the others when the first that asked leaves", () =>
    Effect.gen(function*() {
      const shared = SharedReads.make<string, never>({ capacity: 100, weigh: () => 1 })
      const go = yield* Deferred.make<void>()
      const first = yield* Effect.fork(shared("a", Effect.as(Deferred.await(go), "result")))
      yield* Effect.yieldNow()
      const second = yield* Effect.fork(shared("a", Effect.succeed("another")))
      const leaving = yield* Effect.fork(Fiber.interrupt(first))
      yield* Effect.yieldNow()
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(leaving)
      assert.strictEqual(yield* Fiber.join(second), "result")
    }))

  it.effect("that fails, fails for all that wait, and is made anew by the next", () =>
    Effect.gen(function*() {
      const { read, reads } = yield* counted
      const shared = SharedReads.make<string, string>({ capacity: 100, weigh: () => 1 })
      const go = yield* Deferred.make<void>()
      const failing = read(Effect.zipRight(Deferred.await(go), Effect.fail("no")))
      const asking = yield* Effect.fork(Effect.forEach([1, 2], () => Effect.exit(shared("a", failing)), {
        concurrency: "unbounded"
      }))
      yield* Effect.repeatN(Effect.yieldNow(), 10)
      yield* Deferred.succeed(go, undefined)
      assert.deepStrictEqual(yield* Fiber.join(asking), [Exit.fail("no"), Exit.fail("no")])
      assert.strictEqual(yield* shared("a", read(Effect.succeed("result"))), "result")
      assert.strictEqual(yield* reads, 2)
    }))

  it.effect("is kept by its weight: what is too much makes the oldest go", () =>
    Effect.gen(function*() {
      const { read, reads } = yield* counted
      const shared = SharedReads.make<string, never>({ capacity: 100, weigh: (text) => text.length })
      const ask = (key: string, length: number) => shared(key, read(Effect.succeed("x".repeat(length))))
      yield* ask("a", 40)
      yield* ask("b", 40)
      yield* ask("a", 40)
      assert.strictEqual(yield* reads, 2)
      yield* ask("c", 40)
      yield* ask("b", 40)
      yield* ask("c", 40)
      assert.strictEqual(yield* reads, 3)
      yield* ask("a", 40)
      assert.strictEqual(yield* reads, 4)
      yield* ask("huge", 1000)
      yield* ask("huge", 1000)
      assert.strictEqual(yield* reads, 6, "what is more than there is room for is not kept")
    }))
})
