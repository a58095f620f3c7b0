import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import type { AppConfigShape } from "../../../src/services/config/AppConfig.ts"
import { defaultModels } from "../../../src/services/model/DefaultModels.ts"
import type { ProviderName } from "../../../src/services/model/ModelChoice.ts"
import * as ModelPrice from "../../../src/services/model/ModelPrice.ts"
import { ModelPrices } from "../../../src/services/model/ModelPrices.ts"
import { ownPrices } from "../../../src/services/model/OwnPrices.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const million = 1_000_000

const withPrices = <A, E>(
  test: (prices: ModelPrices["Type"]) => Effect.Effect<A, E>,
  config: Partial<AppConfigShape> = {}
) =>
  TestClock.setTime(Date.UTC(2026, 10, 26)).pipe(
    Effect.zipRight(Effect.flatMap(ModelPrices, test)),
    Effect.provide(Layer.provide(ModelPrices.layer, layerConfig(config)))
  )

/** Input, output, cached and written-to-cache rates of models; none where the price is not known. */
const rates = (
  models: ReadonlyArray<string>,
  config: Partial<AppConfigShape> = {},
  provider: ProviderName = "openai"
) =>
  withPrices(
    (prices) =>
      Effect.forEach(models, (model) =>
        Effect.map(prices.find(provider, model), (price) =>
          Option.match(price, {
            onNone: () => undefined,
            onSome: ({ rates: { cacheRead, cacheWrite, input, output } }) => [input, output, cacheRead, cacheWrite]
          }))),
    config
  )

const keys = (config: Partial<AppConfigShape> = {}): Partial<AppConfigShape> => ({
  anthropic: { apiKey: Option.some(Redacted.make("a")), baseUrl: "https://api.anthropic.com" },
  ...config
})

describe("ModelPrices", () => {
  it.effect("knows the models of both providers", () =>
    Effect.gen(function*() {
      const models = ["claude-opus-5", "claude-sonnet-4-5-20250929", "gpt-5-mini", "GPT-4o", "o3", "o1-pro"]
      assert.deepStrictEqual(yield* rates(models), [
        [5, 25, 0.5, 6.25],
        [3, 15, 0.3, 3.75],
        [0.25, 2, 0.025, 0.25],
        [2.5, 10, 1.25, 2.5],
        [2, 8, 0.5, 2],
        [150, 600, 150, 150]
      ])
    }))

  it.effect("takes its own list before the package's: what that lacks, takes for another model, or has as a promotion", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* rates(["claude-sonnet-5-5", "gpt-5.6-sol", "gpt-5.6", "gpt-6.2-sol"]), [
        [2, 10, 0.1, 2.5],
        [5, 30, 0.5, 6.25],
        [5, 30, 0.5, 6.25],
        [2, 10, 0.1, 2.5]
      ])
    }))

  it.effect("lists of its own only what the package has otherwise", () =>
    Effect.gen(function*() {
      const package_ = yield* Effect.promise(() => import("@pydantic/genai-prices"))
      for (const [name, own] of ownPrices) {
        const provider = name.startsWith("claude") ? "anthropic" : "openai"
        const found = package_.calcPrice({ input_tokens: million, cache_read_tokens: million }, name, {
          providerId: provider,
          timestamp: new Date(Date.UTC(2026, 10, 26))
        })
        assert.notStrictEqual(
          found?.total_price,
          ModelPrice.cost(own, { input: 0, output: 0, cacheRead: million }),
          name
        )
      }
    }))

  it.effect("takes the operator's prices before all others", () =>
    Effect.gen(function*() {
      const modelPrices = [
        { model: "openai/GPT-5", input: 7, output: 8, cached: 1 },
        { model: "llama-4", input: 0, output: 0 }
      ]
      assert.deepStrictEqual(yield* rates(["gpt-5", "gpt-5-2025-08-07", "gpt-5-mini", "llama-4"], { modelPrices }), [
        [7, 8, 1, 8.75],
        [7, 8, 1, 8.75],
        [0.25, 2, 0.025, 0.25],
        [0, 0, 0, 0]
      ])
    }))

  it.effect("does not know what nobody lists, nor what has no price by tokens", () =>
    Effect.gen(function*() {
      const models = [
        "",
        "llama-4",
        "gpt-5.9",
        "o300",
        "o1-pro-max",
        "claude",
        "gpt",
        "whisper-1",
        "text-embedding-3-large"
      ]
      assert.deepStrictEqual(yield* rates(models), models.map(() => undefined))
    }))

  it.effect("takes the list of the provider whose address is called", () =>
    Effect.gen(function*() {
      const at = (baseUrl: string) => ({ openai: { apiKey: Option.none(), baseUrl } })
      const models = ["gpt-5", "deepseek-chat", "openai/gpt-5-mini"]
      const [[openai], [, deepseek], [, , router]] = yield* Effect.all([
        rates(models, at("https://api.openai.com/v1")),
        rates(models, at("https://api.deepseek.com/v1")),
        rates(models, at("https://openrouter.ai/api/v1"))
      ])
      assert.deepStrictEqual([openai?.slice(0, 2), deepseek?.slice(0, 2), router?.slice(0, 2)], [
        [1.25, 10],
        // by day it is twice what it is by night
        [0.27, 1.1],
        [0.25, 2]
      ])
      assert.deepStrictEqual(yield* rates(["gpt-5"], at("https://api.deepseek.com/v1")), [undefined])
    }))

  it.effect("takes the price that is in force on the day", () =>
    Effect.gen(function*() {
      const price = Effect.flatMap(ModelPrices, (prices) => prices.find("openai", "o3")).pipe(
        Effect.map(Option.map(({ rates }) => rates.input)),
        Effect.provide(Layer.provide(ModelPrices.layer, layerConfig()))
      )
      yield* TestClock.setTime(Date.UTC(2025, 5, 9))
      assert.deepStrictEqual(yield* price, Option.some(10))
      yield* TestClock.setTime(Date.UTC(2025, 5, 10))
      assert.deepStrictEqual(yield* price, Option.some(2))
    }))

  it.effect("knows them still after whoever asked first went away", () =>
    withPrices((prices) =>
      Effect.gen(function*() {
        const first = yield* Effect.fork(prices.find("openai", "gpt-4.1"))
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(first)
        assert.isTrue(Option.isSome(yield* prices.find("openai", "gpt-4.1")))
      })
    ))

  it.effect("lets a budget be set only where the planner's, the reviewer's and the agent's price are known", () =>
    Effect.gen(function*() {
      const refused = (agentModel: string | undefined, config: Partial<AppConfigShape>) =>
        withPrices(({ requireForBudget }) => Effect.either(requireForBudget(agentModel)), config).pipe(
          Effect.map((result) => result._tag === "Left" ? result.left.model : undefined)
        )
      const planner = Option.some("my-planner")
      assert.strictEqual(yield* refused(undefined, {}), undefined)
      assert.strictEqual(yield* refused("claude-opus-5", keys()), undefined)
      assert.strictEqual(yield* refused("my-agent", keys()), "my-agent")
      assert.strictEqual(yield* refused("claude-opus-5", keys({ plannerModel: planner })), "my-planner")
      assert.strictEqual(
        yield* refused("claude-opus-5", keys({ reviewerModel: Option.some("my-reviewer") })),
        "my-reviewer"
      )
      const modelPrices = [{ model: "my-planner", input: 1, output: 1 }]
      assert.strictEqual(yield* refused("claude-opus-5", keys({ plannerModel: planner, modelPrices })), undefined)
    }))

  it.effect("knows the default models", () =>
    Effect.gen(function*() {
      assert.notInclude(yield* rates(Object.values(defaultModels)), undefined)
    }))
})

describe("ModelPrice", () => {
  const price = (model: string) => withPrices((prices) => Effect.map(prices.find("openai", model), Option.getOrThrow))
  const near = (actual: number, expected: number) => assert.approximately(actual, expected, 1e-9)

  it.effect("prices what comes from the cache and goes into it, for minutes and for an hour", () =>
    Effect.gen(function*() {
      const tokens = { input: million, output: 0, cacheRead: million, cacheWrite: million, cacheWriteHour: million }
      near(ModelPrice.cost(yield* price("claude-sonnet-4-6"), tokens), 3 + 0.3 + 3.75 + 6)
    }))

  it.effect("prices a long prompt as a whole", () =>
    Effect.gen(function*() {
      const gpt = yield* price("gpt-6-sol")
      near(ModelPrice.cost(gpt, { input: 272_000, output: million }), 272_000 * 2 / million + 10)
      near(ModelPrice.cost(gpt, { input: 272_001, output: million }), 272_001 * 4 / million + 15)
      const haiku = yield* price("claude-haiku-5-5")
      near(ModelPrice.cost(haiku, { input: 1, output: 0, cacheRead: 100_000 }), (0.5 + 5_000) / million)
    }))

  it.effect("knows the most that a request can cost", () =>
    Effect.gen(function*() {
      const sonnet = yield* price("claude-sonnet-5-5")
      near(ModelPrice.costAtMost(sonnet, { input: million, output: million }), 4 + 10)
      for (const kind of ["input", "cacheRead", "cacheWrite", "cacheWriteHour"]) {
        const tokens = { input: 0, output: 7, [kind]: 1_000 }
        assert.isAtMost(ModelPrice.cost(sonnet, tokens), ModelPrice.costAtMost(sonnet, { input: 1_000, output: 7 }))
      }
    }))

  it("adds all kinds of input up for the usage, and says what has no price", () => {
    assert.deepStrictEqual(ModelPrice.usage(undefined, { input: 1, output: 2, cacheRead: 3, cacheWrite: 4 }), {
      inputTokens: 8,
      outputTokens: 2,
      costUsd: 0,
      unpriced: true
    })
  })
})
