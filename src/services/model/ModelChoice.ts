/** Chooses the provider for a model, and the models that plan and review. Pure. */
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { makerOf, type ProviderName } from "../../domain/ModelMaker.ts"
import type { AppConfigShape } from "../config/AppConfig.ts"
import { defaultModels } from "./DefaultModels.ts"

export { makerOf, type ProviderName } from "../../domain/ModelMaker.ts"

/** Whose models the planner, the reviewer and the built-in agent can use. */
export type OwnProvider = Exclude<ProviderName, "google">

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

/** What a model is for. */
export type Role = "planner" | "reviewer"

type Models = Pick<AppConfigShape, "plannerModel" | "reviewerModel">

/** The variable that names the model of a role: the reviewer's is the planner's if it has none. */
const variableOf = ({ reviewerModel }: Models, role: Role) =>
  role === "reviewer" && Option.isSome(reviewerModel) ? "OPENTL_REVIEWER_MODEL" : "OPENTL_PLANNER_MODEL"

const namedFor = ({ plannerModel, reviewerModel }: Models, role: Role): Option.Option<string> =>
  role === "reviewer" ? Option.orElse(reviewerModel, () => plannerModel) : plannerModel

/** Why nothing plans or reviews, as a sentence without a capital letter. */
export const missing = (config: AllKeys & Models, role: Role): string => {
  const named = namedFor(config, role)
  const variable = variableOf(config, role)
  return Option.exists(named, (model) => makerOf(model) === "google")
    ? `${variable === "OPENTL_REVIEWER_MODEL" ? "reviews" : "plans and reviews"} cannot use ${
      Option.getOrElse(named, () => "")
    } (set ${variable} to a model of Anthropic's or OpenAI's)`
    : Option.isSome(config.google.apiKey)
    ? "no model is configured that can plan and review: GEMINI_API_KEY serves only the agent gemini " +
      "(set ANTHROPIC_API_KEY or OPENAI_API_KEY)"
    : noModel
}

/** Without any key. */
export const noModel = "no model is configured (set ANTHROPIC_API_KEY or OPENAI_API_KEY)"

/** The provider for a model, by the model's name and the keys that are set. */
export const providerOf = (config: Keys, model: string): Option.Option<ProviderName> =>
  makerOf(model) === "google"
    ? Option.some("google")
    : Option.map(choose({ ...config, plannerModel: Option.some(model) }), ({ provider }) => provider)

/** The model of a role, with its provider and key; none if no key is set. */
export const roleModel = (
  config: Keys & Models,
  role: Role
): Option.Option<Chosen & { readonly model: string }> => {
  const named = namedFor(config, role)
  return Option.map(choose({ ...config, plannerModel: named }), (chosen) => ({
    ...chosen,
    model: Option.getOrElse(named, () => defaultModels[chosen.provider])
  }))
}

/** The models that plan and review; none if no key is set. */
export const roleModels = (config: Keys & Models): ReadonlyArray<string> =>
  (["planner", "reviewer"] as const).flatMap((role) => Option.toArray(roleModel(config, role))).map(({ model }) =>
    model
  )
