/** Requests that arrive together are written together; what happens to one of them happens to no other. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as GroupCommit from "../../../src/services/store/GroupCommit.ts"

const all = { concurrency: "unbounded" } as const
const numbers = Array.from({ length: 250 }, (_, i) => i)

/** Remembers what it wrote; a batch with a poisoned request fails, `odd` ones are refused. */
const writing = (isPoisoned: (n: number) => boolean = () => false) => {
  const batches: Array<ReadonlyArray<number>> = []
  const write = (requests: ReadonlyArray<number>) =>
    Effect.suspend(() => {
      if (requests.some(isPoisoned)) return Effect.fail("poisoned")
      batches.push(requests)
      return Effect.succeed(requests.map((n) => n % 2 === 0 ? Either.right(n * 10) : Either.left("odd")))
    })
  return { batches, write }
}

describe("requests that arrive together", () => {
  it.effect("are written in few batches, in their order, and each has its own outcome", () =>
    Effect.gen(function*() {
      const { batches, write } = writing()
      const submit = yield* GroupCommit.make(write)
      const outcomes = yield* Effect.forEach(numbers, (n) => Effect.either(submit(n)), all)
      assert.deepStrictEqual(outcomes, numbers.map((n) => n % 2 === 0 ? Either.right(n * 10) : Either.left("odd")))
      assert.deepStrictEqual(batches.flat(), numbers)
      assert.isAtMost(batches.length, 4)
    }))

  it.effect("do not fail for another's failure", () =>
    Effect.gen(function*() {
      const { batches, write } = writing((n) => n === 6)
      const submit = yield* GroupCommit.make(write)
      const outcomes = yield* Effect.forEach([2, 4, 6, 8], (n) => Effect.either(submit(n)), all)
      assert.deepStrictEqual(outcomes, [Either.right(20), Either.right(40), Either.left("poisoned"), Either.right(80)])
      assert.deepStrictEqual(batches, [[2], [4], [8]])
    }))

  it.effect("do not die of another's defect", () =>
    Effect.gen(function*() {
      const submit = yield* GroupCommit.make((requests: ReadonlyArray<number>) =>
        requests.includes(3) ? Effect.die("a bug") : Effect.succeed(requests.map((n) => Either.right(n)))
      )
      const exits = yield* Effect.forEach([1, 3, 5], (n) => Effect.exit(submit(n)), all)
      assert.deepStrictEqual(exits, [Exit.succeed(1), Exit.die("a bug"), Exit.succeed(5)])
    }))
})

describe("a failure that meets every request", () => {
  it.effect("is waited for once, and not by each of them", () =>
    Effect.gen(function*() {
      let attempts = 0
      const submit = yield* GroupCommit.make(
        (requests: ReadonlyArray<number>) =>
          Effect.suspend(() => {
            attempts += 1
            return requests.length === 0 ? Effect.succeed([]) : Effect.fail("locked")
          }),
        { isForAll: (error) => error === "locked" }
      )
      const outcomes = yield* Effect.forEach(numbers, (n) => Effect.either(submit(n)), all)
      assert.deepStrictEqual(outcomes, numbers.map(() => Either.left("locked")))
      assert.isAtMost(attempts, 4)
    }))
})

describe("a request that is interrupted", () => {
  it.effect("is not written if it was still in line, and the others are", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const started = yield* Deferred.make<void>()
      const { batches, write } = writing()
      const submit = yield* GroupCommit.make((requests: ReadonlyArray<number>) =>
        Deferred.succeed(started, undefined).pipe(
          Effect.zipRight(Deferred.await(gate)),
          Effect.zipRight(write(requests))
        )
      )
      const first = yield* Effect.fork(submit(2))
      yield* Deferred.await(started)
      const [second, third] = yield* Effect.all([Effect.fork(submit(4)), Effect.fork(submit(6))])
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(second)
      // the one who writes for others is interrupted when it has done so
      yield* Fiber.interruptFork(first)
      yield* Deferred.succeed(gate, undefined)
      assert.strictEqual(yield* Fiber.join(third), 60)
      assert.deepStrictEqual(batches, [[2], [6]])
    }))
})

describe("whoever is to write next for all", () => {
  it.effect("is followed by the next in line if it is interrupted before it begins", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const started = yield* Deferred.make<void>()
      const { batches, write } = writing()
      const submit = yield* GroupCommit.make((requests: ReadonlyArray<number>) =>
        Deferred.succeed(started, undefined).pipe(
          Effect.zipRight(Deferred.await(gate)),
          Effect.zipRight(write(requests))
        )
      )
      const first = yield* Effect.fork(submit(2))
      yield* Deferred.await(started)
      const second = yield* Effect.fork(submit(4))
      const third = yield* Effect.fork(submit(6))
      yield* Effect.yieldNow()
      // the second is interrupted in the very moment in which the first hands over to it
      yield* Effect.zipRight(Deferred.succeed(gate, undefined), Fiber.interruptFork(second))
      assert.strictEqual(yield* Fiber.join(first), 20)
      assert.strictEqual(yield* Fiber.join(third), 60)
      assert.strictEqual(yield* submit(8), 80)
      assert.deepStrictEqual(batches.flat().filter((n) => n !== 4), [2, 6, 8])
    }))
})
