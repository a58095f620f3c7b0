/** Amounts have the digits that a person would write. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Dollars from "../../src/domain/Dollars.ts"
import * as Usage from "../../src/domain/Usage.ts"

describe("dollars", () => {
  it("add up as on paper, however many there are", () => {
    const amounts = FastCheck.array(FastCheck.integer({ min: 0, max: 1_000_000_000 }))
    FastCheck.assert(FastCheck.property(amounts, (parts) => {
      const sum = parts.map((part) => part / 1e6).reduce(Dollars.plus, 0)
      assert.strictEqual(sum, parts.reduce((a, b) => a + b, 0) / 1e6)
    }))
    assert.strictEqual(Dollars.plus(0.1, 0.2), 0.3)
  })

  it("keep the price of a single token", () => {
    assert.strictEqual(Dollars.plus(0.3, 0.000_000_025), 0.300_000_025)
  })

  it("are added so to what a session has used", () => {
    const used = (costUsd: number) => ({ inputTokens: 1, outputTokens: 1, costUsd })
    assert.strictEqual(Usage.add(used(0.1), used(0.2)).costUsd, 0.3)
  })
})
