/** Chooses the provider that plans and reviews: the one that has the planner's model, else the one whose key is set. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { AppConfig } from "../config/AppConfig.ts"
import * as AnthropicModel from "./AnthropicModel.ts"
import { LanguageModel } from "./LanguageModel.ts"
import { choose, missing } from "./ModelChoice.ts"
import { ModelPrices } from "./ModelPrices.ts"
import * as OpenAiModel from "./OpenAiModel.ts"

export { choose, type Chosen } from "./ModelChoice.ts"

const layers = { anthropic: AnthropicModel.layer, openai: OpenAiModel.layer } as const

/** The configured model; without any key, none. */
export const layerFromConfig: Layer.Layer<LanguageModel, never, AppConfig> = Layer.unwrapEffect(
  Effect.map(AppConfig, (config) =>
    Option.match(choose(config), {
      onNone: () => LanguageModel.layerMissing(missing(config)),
      onSome: ({ apiKey, provider }) => Layer.provide(layers[provider](apiKey), ModelPrices.layer)
    }))
)
