/** Chooses the provider for a model, and the model that plans and reviews. Pure. */
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type { AppConfigShape } from "../config/AppConfig.ts"
import { defaultModels } from "./DefaultModels.ts"

export type ProviderName = "anthropic" | "openai"

export interface Chosen {
  readonly provider: ProviderName
  readonly apiKey: Redacted.Redacted
}

type Keys = Pick<AppConfigShape, "anthropic" | "openai">

/** Who made a model, where its name tells. */
export const makerOf = (model: string): ProviderName | undefined =>
  /^(gpt|chatgpt|codex|o\d)/.test(model) ? "openai" : model.startsWith("claude") ? "anthropic" : undefined

/**
 * The chosen model and provider. A model whose name fits no provider goes to the first with a key, Anthropic before
 * OpenAI.
 */
export const choose = (config: Keys & Pick<AppConfigShape, "plannerModel">): Option.Option<Chosen> => {
  const anthropic = Option.map(config.anthropic.apiKey, (apiKey): Chosen => ({ provider: "anthropic", apiKey }))
  const openai = Option.map(config.openai.apiKey, (apiKey): Chosen => ({ provider: "openai", apiKey }))
  const isOpenAi = Option.exists(config.plannerModel, (model) => makerOf(model) === "openai")
  return isOpenAi ? Option.orElse(openai, () => anthropic) : Option.orElse(anthropic, () => openai)
}

/** The provider for a model, by the model's name and the keys that are set. */
export const providerOf = (config: Keys, model: string): Option.Option<ProviderName> =>
  Option.map(choose({ ...config, plannerModel: Option.some(model) }), ({ provider }) => provider)

/** The model that plans and reviews; none if no key is set. */
export const plannerModel = (config: Keys & Pick<AppConfigShape, "plannerModel">): Option.Option<string> =>
  Option.map(choose(config), ({ provider }) => Option.getOrElse(config.plannerModel, () => defaultModels[provider]))
