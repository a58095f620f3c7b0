import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as Batches from "../../../src/services/support/Batches.ts"

/** Elements count what they are. */
const upTo = (most: number): Batches.Limits<number> => ({ costOf: (element) => element, most })

const sum = (batch: ReadonlyArray<number>): number => batch.reduce((total, element) => total + element, 0)

/** A source that the test fills, and a consumer whose every batch the test lets go on. */
const controlled = (most: number) =>
  Effect.gen(function*() {
    const source = yield* Queue.unbounded<number>()
    const taken: Array<number> = []
    const batches = yield* Queue.unbounded<{ batch: ReadonlyArray<number>; done: Deferred.Deferred<void, string> }>()
    const fiber = yield* Effect.fork(Batches.consume(
      Stream.tap(Stream.fromQueue(source, { maxChunkSize: 1 }), (element) => Effect.sync(() => taken.push(element))),
      upTo(most),
      (batch) =>
        Effect.gen(function*() {
          const done = yield* Deferred.make<void, string>()
          yield* Queue.offer(batches, { batch, done })
          yield* Deferred.await(done)
        })
    ))
    /** Lets everything happen that can happen without the test. */
    const settle = Effect.yieldNow({ priority: 1 }).pipe(Effect.repeatN(100))
    return { source, taken, batches, fiber, settle }
  })

describe("Batches", () => {
  it.effect("hands over at once what arrives while the consumer waits, without a timer", () =>
    Effect.gen(function*() {
      const { batches, source } = yield* controlled(100)
      yield* Queue.offer(source, 1)
      const first = yield* Queue.take(batches)
      assert.deepStrictEqual(first.batch, [1])
      yield* Deferred.succeed(first.done, undefined)
      yield* Queue.offer(source, 2)
      assert.deepStrictEqual((yield* Queue.take(batches)).batch, [2])
    }))

  it.effect("hands over together what arrives while the consumer works", () =>
    Effect.gen(function*() {
      const { batches, settle, source } = yield* controlled(100)
      yield* Queue.offer(source, 1)
      const first = yield* Queue.take(batches)
      yield* Queue.offerAll(source, [2, 3, 4])
      yield* settle
      yield* Deferred.succeed(first.done, undefined)
      assert.deepStrictEqual((yield* Queue.take(batches)).batch, [2, 3, 4])
    }))

  it.effect("does not read on while as much waits as one batch may count", () =>
    Effect.gen(function*() {
      const { batches, settle, source, taken } = yield* controlled(10)
      yield* Queue.offer(source, 1)
      const first = yield* Queue.take(batches)
      yield* Queue.offerAll(source, [4, 4, 4, 4, 4])
      yield* settle
      // 4 and 4 wait; the third 4 has no room any more, and nothing is read beyond it
      assert.deepStrictEqual([first.batch, taken], [[1], [1, 4, 4, 4]])
      yield* Deferred.succeed(first.done, undefined)
      assert.deepStrictEqual((yield* Queue.take(batches)).batch, [4, 4])
    }))

  it.effect("fails with the consumer, and reads no more", () =>
    Effect.gen(function*() {
      const { batches, fiber, settle, source, taken } = yield* controlled(10)
      yield* Queue.offer(source, 1)
      yield* Deferred.fail((yield* Queue.take(batches)).done, "the disk is full")
      assert.deepStrictEqual(yield* Fiber.await(fiber), Exit.fail("the disk is full"))
      yield* Queue.offer(source, 2)
      yield* settle
      assert.deepStrictEqual(taken, [1])
    }))

  it.effect("stops with its caller, the source too", () =>
    Effect.gen(function*() {
      const ended = yield* Deferred.make<void>()
      const source = Stream.ensuring(Stream.never, Deferred.succeed(ended, undefined))
      const fiber = yield* Effect.fork(Batches.consume(source, upTo(1), () => Effect.void))
      yield* Effect.yieldNow({ priority: 1 }).pipe(Effect.repeatN(20))
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(ended)
    }))

  const elements = FastCheck.array(FastCheck.array(FastCheck.integer({ min: 1, max: 12 })), { maxLength: 20 })
  const pauses = FastCheck.infiniteStream(FastCheck.integer({ min: 0, max: 5 }))

  it.effect.prop(
    "keeps order, loses and repeats nothing, and keeps to the limit, however fast either side is; also when the source fails",
    { elements, pauses, fails: FastCheck.boolean() },
    ({ elements, fails, pauses }) =>
      Effect.gen(function*() {
        const pause = Effect.suspend(() => Effect.yieldNow().pipe(Effect.repeatN(pauses.next().value ?? 0)))
        const source = Stream.fromIterable(elements).pipe(
          Stream.tap(() => pause),
          Stream.flatMap((part) => Stream.fromChunk(Chunk.fromIterable(part))),
          Stream.concat(fails ? Stream.fail("lost") : Stream.empty)
        )
        const batches: Array<ReadonlyArray<number>> = []
        const consumer = (batch: ReadonlyArray<number>) =>
          Effect.zipRight(pause, Effect.sync(() => void batches.push(batch)))
        const exit = yield* Effect.exit(Batches.consume(source, upTo(10), consumer))
        assert.deepStrictEqual(exit, fails ? Exit.fail("lost") : Exit.void)
        assert.deepStrictEqual(batches.flat(), elements.flat())
        for (const batch of batches) {
          assert.isAtLeast(batch.length, 1)
          assert.isTrue(sum(batch) <= 10 || batch.length === 1, `a batch of ${batch}`)
        }
      })
  )
})
