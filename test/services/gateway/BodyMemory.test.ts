import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { SessionId } from "../../../src/domain/Ids.ts"
import * as BodyMemory from "../../../src/services/gateway/BodyMemory.ts"

const a = SessionId.make("00000000000a")
const b = SessionId.make("00000000000b")
const limits = { total: 10, perSession: 6 }

/** Takes memory in a scope of its own; the fiber is done when it was given. */
const taking = Effect.fnUntraced(function*(memory: BodyMemory.BodyMemory, session: SessionId, bytes: number) {
  const scope = yield* Scope.make()
  const fiber = yield* Effect.fork(Scope.extend(memory.take(session, bytes), scope))
  yield* Effect.yieldNow()
  return {
    isGiven: Effect.map(Effect.zipRight(Effect.yieldNow(), Fiber.poll(fiber)), Option.isSome),
    giveUp: Effect.zipRight(Fiber.interrupt(fiber), Scope.close(scope, Exit.void))
  }
})

describe("BodyMemory", () => {
  it.effect("gives a session its share, and what it gives back to whoever waits", () =>
    Effect.gen(function*() {
      const memory = yield* BodyMemory.make(limits)
      const first = yield* taking(memory, a, 6)
      const second = yield* taking(memory, a, 1)
      assert.deepStrictEqual([yield* first.isGiven, yield* second.isGiven, yield* memory.held], [true, false, 6])
      yield* first.giveUp
      assert.deepStrictEqual([yield* second.isGiven, yield* memory.held], [true, 1])
    }))

  it.effect("gives what a body turned out not to need to whoever waits", () =>
    Effect.scoped(Effect.gen(function*() {
      const memory = yield* BodyMemory.make(limits)
      const first = yield* memory.take(a, 6)
      const second = yield* taking(memory, a, 4)
      yield* first.keep(3)
      assert.deepStrictEqual([yield* second.isGiven, yield* memory.held], [false, 3])
      yield* first.keep(2)
      yield* first.keep(5)
      assert.deepStrictEqual([yield* second.isGiven, yield* memory.held], [true, 6])
    })))

  it.effect("a session that has its share keeps nobody else waiting", () =>
    Effect.gen(function*() {
      const memory = yield* BodyMemory.make(limits)
      yield* taking(memory, a, 6)
      for (let n = 0; n < 100; n++) yield* taking(memory, a, 6)
      assert.isTrue(yield* (yield* taking(memory, b, 4)).isGiven)
    }))

  it.effect("a large request is not overtaken by small ones", () =>
    Effect.gen(function*() {
      const memory = yield* BodyMemory.make({ total: 10, perSession: 10 })
      const first = yield* taking(memory, a, 8)
      const large = yield* taking(memory, b, 9)
      const small = yield* taking(memory, a, 1)
      assert.deepStrictEqual([yield* large.isGiven, yield* small.isGiven], [false, false])
      yield* first.giveUp
      assert.deepStrictEqual([yield* large.isGiven, yield* small.isGiven], [true, true])
    }))

  it.effect("whoever gives up waiting lets the next one through", () =>
    Effect.gen(function*() {
      const memory = yield* BodyMemory.make({ total: 10, perSession: 10 })
      yield* taking(memory, a, 8)
      const large = yield* taking(memory, b, 9)
      const small = yield* taking(memory, a, 2)
      yield* large.giveUp
      assert.deepStrictEqual([yield* small.isGiven, yield* memory.held], [true, 10])
    }))

  const requests = FastCheck.array(
    FastCheck.record({
      session: FastCheck.constantFrom(a, b),
      bytes: FastCheck.integer({ min: 1, max: 6 }),
      turns: FastCheck.nat(4)
    }),
    { maxLength: 50 }
  )
  it.effect.prop(
    "is never more than its limits, and in the end nothing",
    [requests],
    ([requests]) =>
      Effect.gen(function*() {
        const memory = yield* BodyMemory.make(limits)
        const own = new Map([[a, 0], [b, 0]])
        yield* Effect.forEach(requests, ({ bytes, session, turns }) =>
          Effect.scoped(Effect.gen(function*() {
            yield* memory.take(session, bytes)
            own.set(session, (own.get(session) ?? 0) + bytes)
            assert.isAtMost(own.get(session) ?? 0, limits.perSession)
            assert.isAtMost(yield* memory.held, limits.total)
            yield* Effect.repeatN(Effect.yieldNow(), turns)
            own.set(session, (own.get(session) ?? 0) - bytes)
          })), { concurrency: "unbounded" })
        assert.strictEqual(yield* memory.held, 0)
      }),
    { fastCheck: { numRuns: 40 } }
  )
})
