/** Chooses the model that a public agent uses, and with it the provider. Pure. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { AppConfigShape } from "../config/AppConfig.ts"
import { defaultModels } from "../model/DefaultModels.ts"
import { keyNames, makerOf, type ProviderName } from "../model/ModelChoice.ts"
import type { AgentModel, AgentRecipe } from "./AgentRecipe.ts"

type Keys = Pick<AppConfigShape, ProviderName>

/**
 * The wanted model at its maker, if its name tells who made it; else at the first provider of the agent's whose key is set.
 * Left: why there is none.
 */
export const choose = (
  { providers }: Pick<AgentRecipe, "providers">,
  config: Keys,
  wanted: string | undefined
): Either.Either<AgentModel, string> => {
  const maker = wanted === undefined ? undefined : makerOf(wanted)
  if (maker !== undefined && !providers.includes(maker)) {
    return Either.left(`it cannot use ${wanted}; choose a model of ${providers.join(" or ")} with --model`)
  }
  const usable = maker === undefined ? providers : [maker]
  const provider = usable.find((name) => Option.isSome(config[name].apiKey))
  return provider === undefined
    ? Either.left(`it needs a model; set ${usable.map((name) => keyNames[name]).join(" or ")}`)
    : Either.right({ provider, name: wanted ?? defaultModels[provider] })
}
