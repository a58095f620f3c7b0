/**
 * What is known of a public agent, as data: how it gets into the image, which models it can use, and how it is started in a
 * sandbox without a key, a login or a network. An agent is added by one file of this kind, its name in the domain, and a
 * row in `Recipes.ts` and in docs/agents.md.
 */
import type { AgentName } from "../../domain/Agent.ts"
import type { AgentLaunch } from "../../domain/AgentLaunch.ts"
import type { ProviderName } from "../model/ModelChoice.ts"

/** What an agent may call itself in front of the gateway, which puts the real key in its place. */
export const placeholderKey = "opentl-gateway"

/** A file of the agent's packages that the image offers as a program: run by the image's node, or by itself. */
export interface AgentProgram {
  readonly runs: "node" | "itself"
  /** Below the agent's directory. `{{cpu}}` is the engine's: `x64` or `arm64`. */
  readonly file: string
}

/** The model that an agent is to use, and whose API it speaks. */
export interface AgentModel {
  readonly provider: ProviderName
  readonly name: string
}

export interface AgentRecipe {
  readonly name: AgentName
  /** Its packages at the npm registry, at the versions that were tried. The first is the agent or brings it. */
  readonly packages: readonly [AgentPackage, ...ReadonlyArray<AgentPackage>]
  /** What it adds to the image, in MB. */
  readonly megabytes: number
  /** The programs by name; the one with the agent's name speaks the protocol. */
  readonly programs: Readonly<Record<string, AgentProgram>>
  /** The providers whose models it can use, the one it is made for first. */
  readonly providers: readonly [ProviderName, ...ReadonlyArray<ProviderName>]
  /** Arguments of its program, environment and files. */
  readonly launch: (model: AgentModel) => Omit<AgentLaunch, "agent" | "command"> & {
    readonly arguments: ReadonlyArray<string>
  }
}

/** The provider of a model among those of an agent: no other is ever chosen for it. */
export const among = <P extends ProviderName>(
  providers: readonly [P, ...ReadonlyArray<P>],
  provider: ProviderName
): P => providers.find((known) => known === provider) ?? providers[0]

export interface AgentPackage {
  readonly name: string
  readonly version: string
}

/** Where the image keeps the agents' programs, as the sandbox's environment names it. */
export const programPath = (name: string): string => `{{OPENTL_AGENTS}}/bin/${name}`

/** The launch of a recipe's agent with a model. */
export const launchOf = (recipe: AgentRecipe, model: AgentModel): AgentLaunch => {
  const { arguments: given, ...rest } = recipe.launch(model)
  return { agent: recipe.name, command: [programPath(recipe.name), ...given], ...rest }
}
