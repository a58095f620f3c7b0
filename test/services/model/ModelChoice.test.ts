/** Which provider a model belongs to, and what is said where nothing can plan and review. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { LanguageModel } from "../../../src/services/model/LanguageModel.ts"
import { layerFromConfig } from "../../../src/services/model/LanguageModels.ts"
import { choose, makerOf, providerOf } from "../../../src/services/model/ModelChoice.ts"
import { ModelPrices } from "../../../src/services/model/ModelPrices.ts"
import { layerConfig, testConfig } from "../../support/TestConfig.ts"

const keyed = { apiKey: Option.some(Redacted.make("sk-x")), baseUrl: "http://127.0.0.1:1" }

const missing = (config: Parameters<typeof layerConfig>[0]) =>
  Effect.map(LanguageModel, ({ missing = "", provider }) => `${provider}: ${missing}`).pipe(
    Effect.provide(Layer.provide(layerFromConfig, layerConfig(config)))
  )

describe("a model's maker", () => {
  it("follows from its name", () => {
    assert.deepStrictEqual(
      ["claude-x", "gpt-5", "o3", "codex-mini", "gemini-2.5-pro", "llama-4"].map(makerOf),
      ["anthropic", "openai", "openai", "openai", "google", undefined]
    )
  })

  it("is Google for Gemini, whatever keys are set: no other provider is asked for it", () => {
    const config = { ...testConfig, anthropic: keyed, openai: keyed }
    assert.deepStrictEqual(providerOf(config, "gemini-x"), Option.some("google"))
    assert.isTrue(Option.isNone(choose({ ...config, plannerModel: Option.some("gemini-x") })))
  })

  it.effect("whose price is known at any address", () =>
    Effect.gen(function*() {
      const { require } = yield* ModelPrices
      const { rates } = yield* require("google", "models/gemini-2.5-pro")
      assert.deepStrictEqual([rates.input, rates.output, rates.cacheRead], [1.25, 10, 0.125])
    }).pipe(Effect.provide(Layer.provide(ModelPrices.layer, layerConfig({ google: keyed })))))
})

describe("where nothing can plan and review, it is said why", () => {
  it.effect("without a key, with a key of Google's alone, and for a planner of Google's", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        yield* missing({}),
        "none: no model is configured (set ANTHROPIC_API_KEY or OPENAI_API_KEY)"
      )
      assert.include(yield* missing({ google: keyed }), "GEMINI_API_KEY serves only the agent gemini")
      const planner = yield* missing({ google: keyed, openai: keyed, plannerModel: Option.some("gemini-x") })
      assert.include(planner, "cannot use gemini-x")
      assert.include(planner, "OPENTL_PLANNER_MODEL")
    }))
})
