import { assert, describe, it } from "@effect/vitest"
import { defaultModels } from "../../../src/services/model/DefaultModels.ts"
import { cost, costUsd, usage } from "../../../src/services/model/ModelPrices.ts"

const million = 1_000_000

const near = (actual: number, expected: number) => assert.approximately(actual, expected, 1e-9)

describe("ModelPrices", () => {
  it("takes the longest name that fits, on a name's border", () => {
    near(costUsd("claude-opus-5", million, 0), 5)
    near(costUsd("claude-opus-5-5", million, 0), 4)
    near(costUsd("claude-sonnet-4-5-20250929", 0, million), 15)
    near(costUsd("gpt-5-mini-2025-08-07", 1_000, 0), 0.25 / 1_000)
    near(costUsd("openai/gpt-4o", million, 0), 2.5)
    near(costUsd("o3", 0, million), 8)
  })

  it("takes what it does not know for free", () => {
    for (const model of ["", "llama-4", "gpt-5.9", "o300", "claude", "gpt"]) {
      assert.strictEqual(costUsd(model, million, million), 0)
    }
  })

  it("knows the default models", () => {
    for (const model of Object.values(defaultModels)) assert.isAbove(costUsd(model, 1, 1), 0)
  })

  it("prices what comes from the cache and goes into it", () => {
    near(
      cost("claude-sonnet-4-6", { input: million, output: 0, cacheRead: million, cacheWrite: million }),
      3 + 0.3 + 3.75
    )
    near(cost("gpt-4o", { input: 0, output: 0, cacheRead: million }), 1.25)
  })

  it("prices a long prompt as a whole", () => {
    near(costUsd("gpt-5.4", 272_000, million), 272_000 * 2.5 / million + 15)
    near(costUsd("gpt-5.4", 272_001, million), 272_001 * 5 / million + 22.5)
    near(cost("claude-haiku-5-5", { input: 1, output: 0, cacheRead: 100_000 }), (0.1 + 1_000) * 5 / million)
  })

  it("adds all kinds of input up for the usage", () => {
    assert.deepStrictEqual(usage("unknown", { input: 1, output: 2, cacheRead: 3, cacheWrite: 4 }), {
      inputTokens: 8,
      outputTokens: 2,
      costUsd: 0
    })
  })
})
