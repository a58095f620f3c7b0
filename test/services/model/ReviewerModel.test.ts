/** OPENTL_REVIEWER_MODEL: who answers the questions of reviews, while the planner answers the others. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { AppConfigShape } from "../../../src/services/config/AppConfig.ts"
import { turnVariables } from "../../../src/services/config/TurnVariables.ts"
import { LanguageModel } from "../../../src/services/model/LanguageModel.ts"
import { layerFromConfig } from "../../../src/services/model/LanguageModels.ts"
import * as Database from "../../../src/services/store/Database.ts"
import * as FakeModel from "../../fakes/FakeModel.ts"
import * as ModelStandIn from "../../standins/model/ModelStandIn.ts"
import { create, history, World } from "../../support/TestApp.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const Answer = Schema.Struct({ verdict: Schema.Literal("yes") })
const ask = (purpose: "plan" | "review") =>
  Effect.flatMap(LanguageModel, (model) => model.ask({ purpose, system: "S", prompt: "P", answer: Answer }))

/** Both providers, each on a server of its own, and which models they were asked for. */
const serve = Effect.fnUntraced(function*(config: Partial<AppConfigShape>) {
  const standIn = () => ModelStandIn.make(() => Effect.succeed(ModelStandIn.json({ verdict: "yes" })))
  const [anthropic, openai] = [yield* standIn(), yield* standIn()]
  const models = Effect.forEach(
    [anthropic, openai],
    ({ calls }) => Effect.map(calls, (all) => all.map(({ model }) => model))
  )
  const apiKey = Option.some(Redacted.make("sk"))
  const layer = Layer.provide(
    layerFromConfig,
    layerConfig({
      anthropic: { apiKey, baseUrl: anthropic.anthropicUrl },
      openai: { apiKey, baseUrl: openai.openAiUrl },
      ...config
    })
  )
  return { layer, models }
})

describe("the reviewer's model", () => {
  it.scopedLive("may be another provider's than the planner's", () =>
    Effect.gen(function*() {
      const { layer, models } = yield* serve({ reviewerModel: Option.some("gpt-5") })
      const answers = yield* Effect.forEach(["plan", "review"] as const, ask).pipe(Effect.provide(layer))
      assert.deepStrictEqual(answers.map(({ model }) => model), ["claude-sonnet-5-5", "gpt-5"])
      assert.deepStrictEqual(yield* models, [["claude-sonnet-5-5"], ["gpt-5"]])
    }))

  it.scopedLive("is the planner's if it is not named", () =>
    Effect.gen(function*() {
      const { layer, models } = yield* serve({ plannerModel: Option.some("gpt-5-mini") })
      yield* Effect.forEach(["plan", "review"] as const, ask).pipe(Effect.provide(layer))
      assert.deepStrictEqual(yield* models, [[], ["gpt-5-mini", "gpt-5-mini"]])
    }))

  it("is refused at the start if no provider that reviews has it", () => {
    const { read } = turnVariables.reviewerModel
    assert.deepStrictEqual(["gpt-5", "claude-x", "llama-4"].map((name) => Option.isSome(read(name))), [
      true,
      true,
      true
    ])
    assert.deepStrictEqual(["gemini-2.5-pro", "two words", ""].map((name) => Option.isSome(read(name))), [
      false,
      false,
      false
    ])
  })

  it.effect("that cannot be used skips the review with its reason, and not the plan", () =>
    Effect.gen(function*() {
      const world = new World()
      const reviewer = { provider: "none", missing: "reviews cannot use it" } as const
      const model = Layer.project(FakeModel.layer(world.model), LanguageModel, LanguageModel, (planner) => ({
        ...planner,
        reviewer
      }))
      const server = yield* Layer.build(Layer.fresh(world.layer(Database.layerMemory, {}, model)))
      const events = yield* Effect.flatMap(create(), history).pipe(Effect.provide(server))
      assert.strictEqual(events.find(({ type }) => type === "review")?.data, "review skipped: reviews cannot use it")
      assert.deepStrictEqual(world.model.asked.map(({ purpose }) => purpose), ["plan"])
    }).pipe(Effect.scoped))
})
