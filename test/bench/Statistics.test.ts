/** What the benchmark makes of its runs. */
import { assert, describe, it } from "@effect/vitest"
import { evaluate, median, percentile, summary } from "../../bench/support/statistics.mjs"

describe("statistics of the benchmark", () => {
  it("the median is the middle, or the mean of the middle two, in any order", () => {
    assert.strictEqual(median([3, 1, 100]), 3)
    assert.strictEqual(median([4, 1, 2, 100]), 3)
    assert.isNaN(median([]))
  })

  it("a percentile is one of the numbers: the smallest that so many do not exceed", () => {
    const numbers = Array.from({ length: 100 }, (_, index) => 100 - index)
    assert.strictEqual(percentile(numbers, 0.5), 50)
    assert.strictEqual(percentile(numbers, 0.99), 99)
    assert.strictEqual(percentile(numbers, 1), 100)
    assert.strictEqual(percentile([7], 0.01), 7)
    assert.isNaN(percentile([], 0.5))
  })

  it("the spread is the distance of the extremes as a share of the median", () => {
    assert.deepInclude(summary([8, 10, 12]), { minimum: 8, median: 10, maximum: 12, spread: 0.4 })
    assert.strictEqual(summary([0, 0]).spread, 0)
  })

  it("the ratio is how many times the floor's cost ours is, whichever way the unit counts", () => {
    const row = { name: "a", unit: "x", ours: [20], floor: [10] }
    assert.strictEqual(evaluate(row).ratio, 2)
    assert.strictEqual(evaluate({ ...row, better: "higher" }).ratio, 0.5)
    assert.isUndefined(evaluate({ ...row, floor: [0] }).ratio)
    assert.isUndefined(evaluate({ name: "a", unit: "x", ours: [20] }).ratio)
  })

  it("a reach is a ratio, a distance or a limit; all that are named are to be kept", () => {
    const row = { name: "a", unit: "ms", ours: [20], floor: [10] }
    const isReached = (reach: { ratio?: number; over?: number; limit?: number }) => evaluate({ ...row, reach }).ok
    assert.isTrue(isReached({ ratio: 2 }))
    assert.isFalse(isReached({ ratio: 1.9 }))
    assert.isTrue(isReached({ over: 10 }))
    assert.isFalse(isReached({ over: 9 }))
    assert.isTrue(isReached({ limit: 20 }))
    assert.isFalse(isReached({ limit: 19 }))
    assert.isFalse(isReached({ ratio: 2, limit: 19 }))
    assert.isUndefined(evaluate(row).ok)
  })

  it("a reach that nothing can be said of is neither kept nor missed", () => {
    assert.isUndefined(evaluate({ name: "a", unit: "ms", ours: [20], floor: [0], reach: { ratio: 2 } }).ok)
    assert.isUndefined(evaluate({ name: "a", unit: "ms", ours: [20], reach: { over: 5 } }).ok)
  })
})
