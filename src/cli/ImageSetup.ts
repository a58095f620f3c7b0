/**
 * The sandbox image that a session needs but this machine does not have, or has without the session's agent. In its own file so
 * that it is loaded only on demand.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { parse } from "../domain/Agent.ts"
import { recipeOf, recipes } from "../services/agents/Recipes.ts"
import { AppConfig } from "../services/config/AppConfig.ts"
import { DockerEngine } from "../services/sandbox/docker/DockerEngine.ts"
import { buildCommand, InstalledAgents } from "../services/sandbox/InstalledAgents.ts"
import { SandboxImage } from "../services/sandbox/SandboxImage.ts"
import { SandboxRuntime } from "../services/sandbox/SandboxRuntime.ts"
import { chooseAgents, chooseTools } from "./SandboxBuild.ts"

const layer = Layer.merge(SandboxImage.layer, InstalledAgents.layerWithoutEngine).pipe(
  Layer.provideMerge(Layer.merge(DockerEngine.layer, SandboxRuntime.layer)),
  Layer.provideMerge(AppConfig.layer)
)

/**
 * What is to be built: if sandboxes use Docker, the engine answers, and the image does not exist or lacks the agent. An image
 * keeps the agents that it has, and its base.
 */
export const missing = Effect.fnUntraced(function*(named: Option.Option<string>) {
  const context = yield* Layer.build(layer)
  const { agent: configured } = Context.get(context, AppConfig)
  const { contents, image } = Context.get(context, InstalledAgents)
  // an engine that does not answer is a different fault, reported by whoever needs it
  const found = yield* contents
  if (Option.isNone(image) || Option.isNone(found)) return Option.none()
  const agent = Option.match(named, {
    onNone: () => configured,
    onSome: (text) => text === "auto" ? configured : Either.getRight(parse(text))
  })
  const recipe = Option.getOrUndefined(
    Option.flatMap(agent, (agent) => Option.fromNullable(agent._tag === "Named" ? recipeOf(agent.name) : undefined))
  )
  const has = (name: string) => found.value.agents.some((agent) => agent.name === name)
  if (found.value.exists && (recipe === undefined || has(recipe.name))) return Option.none()
  const wanted = recipes.filter(({ name }) => name === recipe?.name || has(name))
  const chosen = yield* chooseAgents(wanted.map(({ name }) => name).join(","))
  const tools = yield* chooseTools(undefined)
  const { base } = found.value
  const lacksAgent = found.value.exists && recipe !== undefined
  const what = lacksAgent
    ? `the image ${image.value} does not have the agent ${recipe.name}`
    : `the sandbox image ${image.value} is missing`
  return Option.some({
    image: image.value,
    what,
    offer: lacksAgent ? what : `sessions run in the image ${image.value}, which does not exist yet`,
    says: [chosen.says, tools.says].flatMap((says) => says === undefined ? [] : [says]),
    command: recipe === undefined ? "opentl sandbox build" : buildCommand(found.value, recipe.name),
    lines: Context.get(context, SandboxImage).build({
      agents: chosen.agents,
      tools: tools.tools,
      ...(base === undefined ? {} : { base })
    })
  })
})
