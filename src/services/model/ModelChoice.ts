/** Chooses the provider for a model, and the model that plans and reviews. Pure. */
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type { AppConfigShape } from "../config/AppConfig.ts"
import { defaultModels } from "./DefaultModels.ts"

/** Whose models the planner, the reviewer and the built-in agent can use. */
export type OwnProvider = "anthropic" | "openai"

/** Whose models public agents can use. */
export type ProviderName = OwnProvider | "google"

/** The variables of the providers' keys. */
export const keyNames: Readonly<Record<ProviderName, string>> = {
  anthropic: "ANTHROPIC_API_KEY",
  openai: "OPENAI_API_KEY",
  google: "GEMINI_API_KEY"
}

export interface Chosen {
  readonly provider: OwnProvider
  readonly apiKey: Redacted.Redacted
}

type Keys = Pick<AppConfigShape, "anthropic" | "openai">
type AllKeys = Pick<AppConfigShape, ProviderName>

/** Who made a model, where its name tells. */
export const makerOf = (model: string): ProviderName | undefined =>
  /^(gpt|chatgpt|codex|o\d)/.test(model)
    ? "openai"
    : model.startsWith("claude")
    ? "anthropic"
    : model.startsWith("gemini")
    ? "google"
    : undefined

/**
 * The chosen model and provider; none for a model of Google's. A model whose name fits no provider goes to the first with a
 * key, Anthropic before OpenAI.
 */
export const choose = (config: Keys & Pick<AppConfigShape, "plannerModel">): Option.Option<Chosen> => {
  const anthropic = Option.map(config.anthropic.apiKey, (apiKey): Chosen => ({ provider: "anthropic", apiKey }))
  const openai = Option.map(config.openai.apiKey, (apiKey): Chosen => ({ provider: "openai", apiKey }))
  const maker = Option.getOrUndefined(Option.map(config.plannerModel, makerOf))
  if (maker === "google") return Option.none()
  return maker === "openai" ? Option.orElse(openai, () => anthropic) : Option.orElse(anthropic, () => openai)
}

/** Why nothing plans and reviews, as a sentence without a capital letter. */
export const missing = ({ google, plannerModel }: AllKeys & Pick<AppConfigShape, "plannerModel">): string =>
  Option.exists(plannerModel, (model) => makerOf(model) === "google")
    ? `plans and reviews cannot use ${Option.getOrElse(plannerModel, () => "")} ` +
      "(set OPENTL_PLANNER_MODEL to a model of Anthropic's or OpenAI's)"
    : Option.isSome(google.apiKey)
    ? "no model is configured that can plan and review: GEMINI_API_KEY serves only the agent gemini " +
      "(set ANTHROPIC_API_KEY or OPENAI_API_KEY)"
    : noModel

/** Without any key. */
export const noModel = "no model is configured (set ANTHROPIC_API_KEY or OPENAI_API_KEY)"

/** The provider for a model, by the model's name and the keys that are set. */
export const providerOf = (config: Keys, model: string): Option.Option<ProviderName> =>
  makerOf(model) === "google"
    ? Option.some("google")
    : Option.map(choose({ ...config, plannerModel: Option.some(model) }), ({ provider }) => provider)

/** The model that plans and reviews; none if no key is set. */
export const plannerModel = (config: Keys & Pick<AppConfigShape, "plannerModel">): Option.Option<string> =>
  Option.map(choose(config), ({ provider }) => Option.getOrElse(config.plannerModel, () => defaultModels[provider]))
