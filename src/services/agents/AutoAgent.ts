/**
 * Chooses the agent of a session that leaves the choice to OpenTL: the first public agent, in the order of `Recipes.ts`, that
 * the image has and that can use a model whose key is set; else the built-in one. Pure.
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { AgentName } from "../../domain/Agent.ts"
import { keyNames } from "../model/ModelChoice.ts"
import * as AgentModels from "./AgentModels.ts"
import type { AgentRecipe } from "./AgentRecipe.ts"

/** Which agent, and why, as the end of a sentence that begins with its name. */
export interface AutoChoice {
  readonly name: AgentName
  readonly reason: string
}

export interface AutoOptions {
  /** The agents that may be chosen, the preferred one first. */
  readonly candidates: ReadonlyArray<Pick<AgentRecipe, "name" | "providers">>
  /** The names of the agents that the image has; none if it cannot be asked now. */
  readonly installed: Option.Option<ReadonlyArray<string>>
  /** The image's name; none for a local sandbox, which has no such agents. */
  readonly image: Option.Option<string>
  readonly keys: Parameters<typeof AgentModels.choose>[1]
  /** The model that was named, if any. */
  readonly model: string | undefined
}

const builtIn = (reason: string): AutoChoice => ({ name: "opentl", reason })

export const decide = ({ candidates, image, installed, keys, model }: AutoOptions): AutoChoice => {
  if (Option.isNone(image)) return builtIn("the local sandbox has no other agent")
  if (Option.isNone(installed)) {
    return builtIn(
      `the engine cannot say now which agents the image ${image.value} has, and this one needs nothing of it`
    )
  }
  const present = candidates.filter(({ name }) => installed.value.includes(name))
  if (present.length === 0) return builtIn(`the image ${image.value} has no other agent`)
  const tried = present.map((recipe) => ({ name: recipe.name, model: AgentModels.choose(recipe, keys, model) }))
  const usable = tried.flatMap(({ model, name }) => Either.isRight(model) ? [{ name, model: model.right }] : [])
  const [first, ...others] = usable
  if (first === undefined) {
    const why = tried.flatMap(({ model, name }) => Either.isLeft(model) ? [`${name}: ${model.left}`] : [])
    return builtIn(`no other agent of the image ${image.value} can be used (${why.join("; ")})`)
  }
  const after = others.length === 0 ? "" : `, and it is preferred to ${others.map(({ name }) => name).join(", ")}`
  const uses = model === undefined ? "" : `, it can use ${model}`
  return {
    name: first.name,
    reason: `the image has it${uses}, ${keyNames[first.model.provider]} is set${after}`
  }
}
