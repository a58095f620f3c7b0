import { assert, describe, it } from "@effect/vitest"
import * as Settlement from "../../../src/services/gateway/Settlement.ts"

const call = { bytes: 3_000, maxOutput: 16_000 }
const input = { input: 10, cacheRead: 5 }

describe("Settlement", () => {
  it("counts what the provider said", () => {
    const reply = { said: { input, output: 20 }, textBytes: 999_999, isWhole: true, seconds: 60 }
    assert.deepStrictEqual(Settlement.settle(call, reply), { tokens: { ...input, output: 20 }, estimated: false })
  })

  it("counts a stream that broke off by what came of it, 228 000 words as at least as many tokens", () => {
    const textBytes = 228_000 * "words, ".length
    const cut = Settlement.settle(call, { said: { input }, textBytes, isWhole: false, seconds: 1 })
    assert.isTrue(cut.estimated)
    assert.isAtLeast(cut.tokens.output, 228_000)
    assert.isAtMost(cut.tokens.output, 228_000 * 3)
    assert.strictEqual(cut.tokens.input, 10)
  })

  it("takes more of a running count and what came", () => {
    const reply = { said: { input, output: 2 }, textBytes: 300, isWhole: false, seconds: 0 }
    assert.deepStrictEqual(Settlement.settle(call, reply), { tokens: { ...input, output: 100 }, estimated: true })
  })

  it("counts hidden thinking of a stream that broke off by the time, up to the request's limit", () => {
    const output = (seconds: number) =>
      Settlement.settle(call, { said: { input }, textBytes: 30, isWhole: false, seconds }).tokens.output
    assert.deepStrictEqual([0, 10, 1_000].map(output), [10, 3_000, 16_000])
  })

  it("counts a whole reply without usage by its text, and the request by its size", () => {
    const reply = { said: {}, textBytes: 300, isWhole: true, seconds: 1_000 }
    assert.deepStrictEqual(Settlement.settle(call, reply), { tokens: { input: 1_000, output: 100 }, estimated: true })
  })

  it("counts a call that was given up before its reply", () => {
    const { tokens } = Settlement.settle(call, { ...Settlement.unanswered, seconds: 2 })
    assert.deepStrictEqual(tokens, { input: 1_000, output: 600 })
  })
})
