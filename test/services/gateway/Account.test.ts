import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Account from "../../../src/services/gateway/Account.ts"

const isDone = <A, E>(fiber: Fiber.RuntimeFiber<A, E>) => Effect.map(Fiber.poll(fiber), Option.isSome)

describe("Account: what is decided", () => {
  const stand = (spentUsd: number, ...reserved: ReadonlyArray<number>) => ({
    limitUsd: 1,
    spentUsd,
    underWay: reserved.map((reservedUsd) => ({ reservedUsd }))
  })

  it("a call goes out if all that may still be spent stays within the budget", () => {
    assert.strictEqual(Account.decide(stand(0.5, 0.2), 0.3), "goes")
    assert.strictEqual(Account.decide(stand(0.5, 0.2), 0.31), "waits")
  })

  it("one that is larger than what is left goes out alone", () => {
    assert.strictEqual(Account.decide(stand(0.99), 50), "goes")
    assert.strictEqual(Account.decide(stand(0.99, 50), 0.001), "waits")
  })

  it("none goes out when nothing is left", () => {
    assert.strictEqual(Account.decide(stand(1), 0), "refused")
    assert.strictEqual(Account.decide(stand(1, 0.1), 0), "refused")
  })
})

/** Calls with what each reserves and what it really costs; a call lasts for some turns of the scheduler. */
const calls = FastCheck.array(
  FastCheck.record({
    reserved: FastCheck.double({ min: 0, max: 2, noNaN: true }),
    share: FastCheck.double({ min: 0, max: 1, noNaN: true }),
    turns: FastCheck.nat(5),
    isFree: FastCheck.boolean()
  }),
  { maxLength: 60 }
)

describe("Account", () => {
  it.effect.prop(
    "spends no more than its budget and the one answer that went over it",
    [calls],
    ([calls]) =>
      Effect.gen(function*() {
        const account = yield* Account.make(1)
        let largest = 0
        const outcomes = yield* Effect.forEach(calls, ({ isFree, reserved, share, turns }) =>
          Effect.scoped(Effect.gen(function*() {
            const ticket = yield* account.letOut(reserved)
            yield* Effect.repeatN(Effect.yieldNow(), turns)
            if (isFree) {
              return
            }
            largest = Math.max(largest, reserved * share)
            yield* ticket.settle(reserved * share)
          })).pipe(Effect.exit), { concurrency: "unbounded" })
        const spent = yield* account.spentUsd
        assert.isAtMost(spent, 1 + largest + 1e-9)
        if (outcomes.some(Exit.isFailure)) {
          assert.isAtLeast(spent, 1)
        }
        assert.strictEqual(yield* account.isExhausted, spent >= 1)
      }),
    { fastCheck: { numRuns: 40 } }
  )

  it.scoped("lets calls that wait out in order, when others are settled", () =>
    Effect.gen(function*() {
      const account = yield* Account.make(1)
      const first = yield* account.letOut(0.9)
      const second = yield* Effect.fork(account.letOut(0.5))
      const third = yield* Effect.fork(account.letOut(0.01))
      yield* Effect.yieldNow()
      assert.deepStrictEqual([yield* isDone(second), yield* isDone(third)], [false, false])
      yield* first.settle(0.3)
      yield* Fiber.join(Fiber.all([second, third]))
    }))

  it.scoped("refuses those that wait when the answer before them has spent the rest", () =>
    Effect.gen(function*() {
      const account = yield* Account.make(1)
      const first = yield* account.letOut(5)
      const second = yield* Effect.fork(Effect.flip(account.letOut(0.1)))
      yield* Effect.yieldNow()
      yield* first.settle(3)
      assert.strictEqual((yield* Fiber.join(second)).message, "The session's budget is used up.")
      assert.strictEqual(yield* account.spentUsd, 3)
    }))

  it.scoped("frees what was reserved when a call fails, and the place of one that does not wait any more", () =>
    Effect.gen(function*() {
      const account = yield* Account.make(1)
      const scope = yield* Scope.make()
      yield* Scope.extend(account.letOut(0.9), scope)
      const second = yield* Effect.fork(account.letOut(0.9))
      const third = yield* Effect.fork(account.letOut(0.2))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(second)
      assert.isFalse(yield* isDone(third))
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.join(third)
      assert.strictEqual(yield* account.spentUsd, 0)
    }))

  it.scoped("counts a call once", () =>
    Effect.gen(function*() {
      const account = yield* Account.make(1)
      const ticket = yield* account.letOut(0.9)
      yield* ticket.settle(0.2)
      yield* ticket.settle(0.2)
      assert.strictEqual(yield* account.spentUsd, 0.2)
    }))

  it.scoped("without a budget lets everything out", () =>
    Effect.gen(function*() {
      const account = yield* Account.make(undefined)
      for (let n = 0; n < 10; n++) yield* Effect.flatMap(account.letOut(1e6), (ticket) => ticket.settle(1e6))
      assert.isFalse(yield* account.isExhausted)
    }))
})
