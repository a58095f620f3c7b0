import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import { type Buckets, Fault, makeFaults, type RateRule, takeTokens } from "./SlackFaults.ts"

const rule: RateRule = { burst: 5, key: "C1", name: "posts", perSecond: 1 }

describe("rate limits", () => {
  it.prop(
    "admit no more than the burst and the rate together allow, and a call that waited as told",
    [FastCheck.array(FastCheck.integer({ max: 3000, min: 0 }), { maxLength: 60 })],
    ([gaps]) => {
      const end = gaps.reduce(
        (run, gap) => {
          const now = run.now + gap
          const [excesses, buckets] = takeTokens(run.buckets, [rule], now)
          const wait = excesses[0]?.retryAfter
          if (wait !== undefined) assert.isEmpty(takeTokens(buckets, [rule], now + wait * 1000)[0])
          return { admitted: run.admitted + (wait === undefined ? 1 : 0), buckets, now }
        },
        { admitted: 0, buckets: HashMap.empty<string, { tokens: number; at: number }>() satisfies Buckets, now: 0 }
      )
      assert.isAtMost(end.admitted, rule.burst + end.now / 1000 * rule.perSecond)
      assert.isAtLeast(end.admitted, Math.min(gaps.length, rule.burst))
    }
  )
})

describe("faults", () => {
  it.effect("meet the calls of their method in the order they were injected, each as often as asked", () =>
    Effect.gen(function*() {
      const faults = yield* makeFaults
      yield* faults.inject("a", Fault.ServerError({ status: 500 }), 2)
      yield* faults.inject("*", Fault.LostResponse())
      const taken = yield* Effect.forEach(["b", "a", "a", "a"], faults.take)
      assert.deepStrictEqual(taken.map(Option.map((fault) => fault._tag)), [
        Option.some("LostResponse"),
        Option.some("ServerError"),
        Option.some("ServerError"),
        Option.none()
      ])
    }))
})
