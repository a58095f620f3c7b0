/** The sandbox image's builder with its layers. In its own file so that only the command that needs it loads it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { megabytesOf, recipes } from "../services/agents/Recipes.ts"
import { AppConfig } from "../services/config/AppConfig.ts"
import { DockerEngine } from "../services/sandbox/docker/DockerEngine.ts"
import { SandboxImage } from "../services/sandbox/SandboxImage.ts"
import { SandboxRuntime } from "../services/sandbox/SandboxRuntime.ts"
import { StartFailed } from "./Program.ts"

export const builder = Effect.map(
  Layer.build(
    SandboxImage.layer.pipe(
      Layer.provide(Layer.merge(DockerEngine.layer, SandboxRuntime.layer)),
      Layer.provide(AppConfig.layer)
    )
  ),
  Context.get(SandboxImage)
)

/** The agents named in a list, and what is said about their size before they are fetched. */
export const chooseAgents = Effect.fnUntraced(function*(list: string) {
  const names = list.split(",").map((name) => name.trim()).filter((name) => name !== "")
  const unknown = names.find((name) => name !== "all" && !recipes.some((recipe) => recipe.name === name))
  if (unknown !== undefined) {
    return yield* new StartFailed({
      reason: `--agents: there is no agent "${unknown}" for the image; there are ${
        recipes.map(({ name }) => name).join(", ")
      }, and all`
    })
  }
  const agents = recipes.filter(({ name }) => names.includes("all") || names.includes(name))
  if (agents.length === 0) return { agents, says: undefined }
  const described = agents.map(({ megabytes, name, packages: [{ version }] }) => `${name} ${version} (${megabytes} MB)`)
  return { agents, says: `fetching ${described.join(", ")}; the image grows by about ${megabytesOf(agents)} MB` }
})
