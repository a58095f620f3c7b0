/** Which provider plans and reviews: the one that has the planner's model, else the one whose key is set. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { AppConfig, type AppConfigShape } from "../config/AppConfig.ts"
import * as AnthropicModel from "./AnthropicModel.ts"
import { LanguageModel } from "./LanguageModel.ts"
import * as OpenAiModel from "./OpenAiModel.ts"

export interface Chosen {
  readonly provider: "anthropic" | "openai"
  readonly apiKey: Redacted.Redacted
}

/** A model that is named after no provider is asked of the first that has a key, Anthropic before OpenAI. */
export const choose = (
  config: Pick<AppConfigShape, "anthropic" | "openai" | "plannerModel">
): Option.Option<Chosen> => {
  const anthropic = Option.map(config.anthropic.apiKey, (apiKey): Chosen => ({ provider: "anthropic", apiKey }))
  const openai = Option.map(config.openai.apiKey, (apiKey): Chosen => ({ provider: "openai", apiKey }))
  const isOpenAi = Option.exists(config.plannerModel, (model) => /^(gpt|chatgpt|codex|o\d)/.test(model))
  return isOpenAi ? Option.orElse(openai, () => anthropic) : Option.orElse(anthropic, () => openai)
}

const layers = { anthropic: AnthropicModel.layer, openai: OpenAiModel.layer } as const

/** The model that the configuration names; with no key at all, none. */
export const layerFromConfig: Layer.Layer<LanguageModel, never, AppConfig> = Layer.unwrapEffect(
  Effect.map(AppConfig, (config) =>
    Option.match(choose(config), {
      onNone: () => LanguageModel.layerNone,
      onSome: ({ apiKey, provider }) => layers[provider](apiKey)
    }))
)
