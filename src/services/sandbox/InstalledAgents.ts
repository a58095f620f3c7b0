/** The public agents that the sandbox has, by what its image says of itself. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { AppConfig } from "../config/AppConfig.ts"
import { DockerEngine } from "./docker/DockerEngine.ts"

/** The image's label that names them: `claude-code=0.101.0 codex=2.6.0`. */
export const agentsLabel = "opentl.agents"

export interface InstalledAgent {
  readonly name: string
  readonly version: string
}

export const writeLabel = (agents: ReadonlyArray<InstalledAgent>): string =>
  agents.map(({ name, version }) => `${name}=${version}`).join(" ")

export const readLabel = (label: string | undefined): ReadonlyArray<InstalledAgent> =>
  (label ?? "").split(" ").flatMap((entry) => {
    const [name = "", version = ""] = entry.split("=")
    return name === "" || version === "" ? [] : [{ name, version }]
  })

export class InstalledAgents extends Context.Tag("opentl/services/sandbox/InstalledAgents")<InstalledAgents, {
  /** Asks the engine. None if it cannot be asked now, or has no such image: then nothing is known. */
  readonly list: Effect.Effect<Option.Option<ReadonlyArray<InstalledAgent>>>
  /** The name of the image; none for a local sandbox, which has no such agents. */
  readonly image: Option.Option<string>
}>() {
  /** The engine is left open. */
  static readonly layerWithoutEngine = Layer.effect(
    InstalledAgents,
    Effect.gen(function*() {
      const { docker: { image }, sandbox } = yield* AppConfig
      const engine = yield* DockerEngine
      const isLocal = sandbox === "local" || (sandbox === "auto" && !(yield* Effect.isSuccess(engine.ping)))
      return isLocal
        ? InstalledAgents.of({ list: Effect.succeedSome([]), image: Option.none() })
        : InstalledAgents.of({
          list: Effect.option(Effect.map(engine.imageLabels(image), (labels) => readLabel(labels[agentsLabel]))),
          image: Option.some(image)
        })
    })
  )

  static readonly layer = this.layerWithoutEngine.pipe(Layer.provide(DockerEngine.layer))

  /** These, and no others. */
  static readonly layerOf = (agents: ReadonlyArray<InstalledAgent>) =>
    Layer.succeed(
      InstalledAgents,
      InstalledAgents.of({ list: Effect.succeedSome(agents), image: Option.some("opentl-sandbox") })
    )
}
