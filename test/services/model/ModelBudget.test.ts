/** What the planner's calls cost, and when they are not made, under a budget and where they fail. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { AppConfigShape } from "../../../src/services/config/AppConfig.ts"
import { LanguageModel, type ModelQuestion } from "../../../src/services/model/LanguageModel.ts"
import { layerFromConfig } from "../../../src/services/model/LanguageModels.ts"
import * as ModelStandIn from "../../standins/model/ModelStandIn.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const Answer = Schema.Struct({ verdict: Schema.Literal("yes") })
const question: ModelQuestion<typeof Answer.Type, typeof Answer.Encoded> = {
  purpose: "review",
  system: "You review.",
  prompt: "A diff.",
  answer: Answer
}
const usage = { input: 1_000, output: 100 }
/** Of claude-sonnet-5-5, the default. */
const costUsd = (1_000 * 2 + 100 * 10) / 1e6
const good = ModelStandIn.json({ verdict: "yes" }, { usage })
const unreadable = ModelStandIn.json({ verdict: "perhaps" }, { usage })

const serve = (
  replies: ReadonlyArray<ModelStandIn.ModelReply | Effect.Effect<ModelStandIn.ModelReply>>,
  config: Partial<AppConfigShape> = {}
) =>
  Effect.gen(function*() {
    const standIn = yield* ModelStandIn.make(ModelStandIn.replies(replies))
    const model = yield* LanguageModel.pipe(Effect.provide(Layer.provide(
      layerFromConfig,
      layerConfig({
        anthropic: { apiKey: Option.some(Redacted.make("sk")), baseUrl: standIn.anthropicUrl },
        ...config
      })
    )))
    return { model, standIn }
  })

describe("a question to the planner", () => {
  it.scopedLive("is not asked under a budget of a model whose price is not known", () =>
    Effect.gen(function*() {
      const { model, standIn } = yield* serve([good, good], { plannerModel: Option.some("my-planner") })
      const error = yield* Effect.flip(model.ask({ ...question, remainingUsd: 1 }))
      assert.strictEqual(error._tag, "PriceUnknown")
      assert.include(error.message, "\"my-planner\"")
      assert.include(error.message, "OPENTL_MODEL_PRICES")
      assert.lengthOf(yield* standIn.calls, 0)
      const { usage } = yield* model.ask(question)
      assert.deepStrictEqual(usage, { inputTokens: 1_000, outputTokens: 100, costUsd: 0, unpriced: true })
    }))

  it.scopedLive("is not repeated for its form when the first answer has spent the budget", () =>
    Effect.gen(function*() {
      const { model, standIn } = yield* serve([unreadable, good])
      const error = yield* Effect.flip(model.ask({ ...question, remainingUsd: 0.001 }))
      if (error._tag !== "UnreadableAnswer") return assert.fail(error.message)
      assert.include(error.reason, "budget")
      assert.closeTo(error.usage.costUsd, costUsd, 1e-12)
      assert.lengthOf(yield* standIn.calls, 1)
    }))

  it.scopedLive("whose second try fails tells what the first has cost", () =>
    Effect.gen(function*() {
      const { model } = yield* serve([unreadable, ModelStandIn.refuse(400)])
      const error = yield* Effect.flip(model.ask({ ...question, remainingUsd: 1 }))
      if (error._tag !== "LanguageModelError") return assert.fail(error.message)
      assert.strictEqual(error.status, 400)
      assert.strictEqual(error.spent?.model, "claude-sonnet-5-5")
      assert.closeTo(error.spent?.usage.costUsd ?? 0, costUsd, 1e-12)
    }))

  it.scopedLive("that nobody answers in time tells what it has likely cost", () =>
    Effect.gen(function*() {
      const { model } = yield* serve([Effect.never], { llmTimeout: Duration.seconds(1) })
      const error = yield* Effect.flip(model.ask(question))
      if (error._tag !== "LanguageModelError") return assert.fail(error.message)
      assert.deepInclude(error.spent?.usage, { inputTokens: 6, outputTokens: 300 })
      assert.isAbove(error.spent?.usage.costUsd ?? 0, 0)
    }))

  it.scopedLive("that is refused has cost nothing", () =>
    Effect.gen(function*() {
      const { model } = yield* serve([ModelStandIn.refuse(400)])
      const error = yield* Effect.flip(model.ask(question))
      if (error._tag !== "LanguageModelError") return assert.fail(error.message)
      assert.strictEqual(error.spent, undefined)
    }))
})
