import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { isRetryableStatus, retryAfterMillis, retryTransient } from "../../../src/services/support/Retry.ts"

interface Failure {
  readonly isRetryable: boolean
  readonly retryAfterMillis?: number
}

/** Runs against failures that come one after another, and tells when each try was made. */
const triesOf = (failures: ReadonlyArray<Failure>) =>
  Effect.gen(function*() {
    const tries: Array<number> = []
    const attempt = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const failure = failures[tries.push(now) - 1]
      return failure === undefined ? Effect.succeed("done") : Effect.fail(failure)
    })
    const fiber = yield* Effect.fork(Effect.either(retryTransient(attempt)))
    yield* TestClock.adjust("20 minutes")
    return { tries, result: yield* Fiber.join(fiber) }
  })

const failing = (n: number): ReadonlyArray<Failure> => Array.from({ length: n }, () => ({ isRetryable: true }))

describe("Retry", () => {
  it.effect("tries five times, ever later", () =>
    Effect.gen(function*() {
      const { result, tries } = yield* triesOf(failing(9))
      assert.strictEqual(tries.length, 5)
      assert.strictEqual(result._tag, "Left")
      const waits = tries.slice(1).map((time, i) => time - (tries[i] ?? 0))
      for (const [i, wanted] of [500, 1000, 2000, 4000].entries()) {
        assert.isAtLeast(waits[i] ?? 0, wanted * 0.8)
        assert.isAtMost(waits[i] ?? 0, wanted * 1.2)
      }
    }))

  it.effect("stops at the first success, and at the first lasting failure", () =>
    Effect.gen(function*() {
      assert.deepInclude((yield* triesOf(failing(2))).result, { _tag: "Right", right: "done" })
      assert.strictEqual((yield* triesOf([{ isRetryable: false }])).tries.length, 1)
    }))

  it.effect("waits for as long as it is asked to, and not for ever", () =>
    Effect.gen(function*() {
      const { tries } = yield* triesOf([{ isRetryable: true, retryAfterMillis: 30_000 }, { isRetryable: true }])
      assert.strictEqual(tries[1], 30_000)
      assert.isBelow((tries[2] ?? 0) - 30_000, 2_000)
      assert.strictEqual((yield* triesOf([{ isRetryable: true, retryAfterMillis: 121_000 }])).tries.length, 1)
    }))

  it("reads seconds, milliseconds and dates", () => {
    const read = (headers: Record<string, string>) => retryAfterMillis((name) => headers[name], 1_000)
    assert.strictEqual(read({}), undefined)
    assert.strictEqual(read({ "retry-after": "7" }), 7_000)
    assert.strictEqual(read({ "retry-after": "0" }), 0)
    assert.strictEqual(read({ "retry-after": "0.5" }), 500)
    assert.strictEqual(read({ "retry-after": "Thu, 01 Jan 1970 00:01:01 GMT" }), 60_000)
    assert.strictEqual(read({ "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" }), 0)
    assert.strictEqual(read({ "retry-after": "soon" }), undefined)
    assert.strictEqual(read({ "retry-after": "-1" }), undefined)
    assert.strictEqual(read({ "retry-after-ms": "20", "retry-after": "7" }), 20)
  })

  it.prop("never makes a time of nonsense", [FastCheck.string(), FastCheck.string()], ([seconds, millis]) => {
    const read = retryAfterMillis((name) => name === "retry-after" ? seconds : millis, 0)
    return read === undefined || read >= 0
  })

  it("knows which statuses pass", () => {
    assert.deepStrictEqual([400, 401, 403, 404, 408, 409, 422, 429, 500, 503, 529].filter(isRetryableStatus), [
      408,
      409,
      429,
      500,
      503,
      529
    ])
  })
})
