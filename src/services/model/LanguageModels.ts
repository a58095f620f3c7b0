/**
 * Chooses who plans and who reviews: the provider that has the configured model, else the one whose key is set. The
 * reviewer's model may be another provider's.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { AppConfig, type AppConfigShape } from "../config/AppConfig.ts"
import * as AnthropicModel from "./AnthropicModel.ts"
import { LanguageModel } from "./LanguageModel.ts"
import { missing, type Role, roleModel } from "./ModelChoice.ts"
import { ModelPrices } from "./ModelPrices.ts"
import * as OpenAiModel from "./OpenAiModel.ts"

export { choose, type Chosen } from "./ModelChoice.ts"

const makers = { anthropic: AnthropicModel.make, openai: OpenAiModel.make } as const

const modelOf = (config: AppConfigShape, role: Role) =>
  Option.match(roleModel(config, role), {
    onNone: () => Effect.succeed(LanguageModel.none(missing(config, role))),
    onSome: ({ apiKey, model, provider }) => makers[provider]({ apiKey, model })
  })

const make = Effect.gen(function*() {
  const config = yield* AppConfig
  const planner = yield* modelOf(config, "planner")
  if (Option.isNone(config.reviewerModel)) return planner
  const reviewer = yield* modelOf(config, "reviewer")
  return LanguageModel.of({
    ...planner,
    reviewer,
    ask: (question) => (question.purpose === "review" ? reviewer : planner).ask(question)
  })
})

/** The configured models; without any key, none. */
export const layerFromConfig: Layer.Layer<LanguageModel, never, AppConfig> = Layer.provide(
  Layer.effect(LanguageModel, make),
  ModelPrices.layer
)
