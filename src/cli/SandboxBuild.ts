/** The sandbox image's builder with its layers. In its own file so that only the command that needs it loads it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { megabytesOf, recipes } from "../services/agents/Recipes.ts"
import { AppConfig } from "../services/config/AppConfig.ts"
import { DockerEngine } from "../services/sandbox/docker/DockerEngine.ts"
import { tools, type ToolsWanted, usualTools } from "../services/sandbox/ImageTools.ts"
import { SandboxImage } from "../services/sandbox/SandboxImage.ts"
import { SandboxRuntime } from "../services/sandbox/SandboxRuntime.ts"
import { UsageError } from "./Failure.ts"

export const builder = Effect.map(
  Layer.build(
    SandboxImage.layer.pipe(
      Layer.provide(Layer.merge(DockerEngine.layer, SandboxRuntime.layer)),
      Layer.provide(AppConfig.layer)
    )
  ),
  Context.get(SandboxImage)
)

const namesOf = (list: string): ReadonlyArray<string> =>
  list.split(",").map((name) => name.trim()).filter((name) => name !== "")

/** The things of a list that are named, or all of them; fails, with what there is, if a name is none of theirs. */
const pick = <A extends { readonly name: string }>(
  option: string,
  what: string,
  all: ReadonlyArray<A>,
  list: string
): Effect.Effect<ReadonlyArray<A>, UsageError> => {
  const names = namesOf(list)
  const unknown = names.find((name) => name !== "all" && !all.some((one) => one.name === name))
  return unknown === undefined
    ? Effect.succeed(all.filter(({ name }) => names.includes("all") || names.includes(name)))
    : new UsageError({
      reason: `${option}: there is no ${what} "${unknown}" for the image; there are ${
        all.map(({ name }) => name).join(", ")
      }, and all`
    })
}

/** The agents named in a list, and what is said about their size before they are fetched. */
export const chooseAgents = Effect.fnUntraced(function*(list: string) {
  const agents = yield* pick("--agents", "agent", recipes, list)
  if (agents.length === 0) return { agents, says: undefined }
  const described = agents.map(({ megabytes, name, packages: [{ version }] }) => `${name} ${version} (${megabytes} MB)`)
  return { agents, says: `fetching ${described.join(", ")}; the image grows by about ${megabytesOf(agents)} MB` }
})

/**
 * The tools named in a list (`none` for none), and what is said about their size before the build. Without a list: the usual
 * ones, as far as they can be had.
 */
export const chooseTools = Effect.fnUntraced(function*(list: string | undefined) {
  const names = list === undefined ? usualTools : namesOf(list)
  const chosen = names.length === 1 && names[0] === "none"
    ? []
    : yield* pick("--tools", "tool", tools, names.join(",")).pipe(
      Effect.mapError(({ reason }) => new UsageError({ reason: `${reason}, or none` }))
    )
  const wanted: ToolsWanted = { names: chosen.map(({ name }) => name), required: list !== undefined }
  if (chosen.length === 0) return { tools: wanted, says: undefined }
  const described = chosen.map(({ is, megabytes }) => `${is} (${megabytes} MB)`).join(", ")
  return {
    tools: wanted,
    says: `tools: ${described}, where the base does not have them${
      list === undefined ? "; one that cannot be had is left out (--tools chooses)" : ""
    }`
  }
})
