/** What the sandbox has beside its base, by what its image says of itself: public agents, and tools for development. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { AppConfig } from "../config/AppConfig.ts"
import { DockerEngine } from "./docker/DockerEngine.ts"

/** The image's label that names them: `claude-code=0.101.0 codex=2.6.0`. */
export const agentsLabel = "opentl.agents"

/** The label that names the tools, its base's among them: `node=24.21.0 npm=11.21.2 python=3.11.2`. */
export const toolsLabel = "opentl.tools"

/** The label that names the image's base. */
export const baseLabel = "opentl.base"

/** The base of an image for which none is named. It is public, and has bash, git and Node. */
export const defaultBase = "node:24-bookworm"

/** An agent or a tool of the image. */
export interface Installed {
  readonly name: string
  readonly version: string
}
export type InstalledAgent = Installed

export interface ImageContents {
  /** Whether there is such an image. */
  readonly exists: boolean
  readonly agents: ReadonlyArray<Installed>
  /** Absent where the image does not tell, because an earlier version built it. */
  readonly tools?: ReadonlyArray<Installed>
  readonly base?: string
}

export const writeLabel = (all: ReadonlyArray<Installed>): string =>
  all.map(({ name, version }) => `${name}=${version}`).join(" ")

export const readLabel = (label: string | undefined): ReadonlyArray<Installed> =>
  (label ?? "").split(" ").flatMap((entry) => {
    const [name = "", version = ""] = entry.split("=")
    return name === "" || version === "" ? [] : [{ name, version }]
  })

/** What an image with these labels has. */
export const contentsOf = (labels: Readonly<Record<string, string>>): ImageContents => {
  const tools = labels[toolsLabel]
  const base = labels[baseLabel]
  return {
    exists: true,
    agents: readLabel(labels[agentsLabel]),
    ...(tools === undefined ? {} : { tools: readLabel(tools) }),
    ...(base === undefined || base === "" ? {} : { base })
  }
}

const absent: ImageContents = { exists: false, agents: [] }

/** The command that builds the image with one more agent, keeping those that it has and its base. */
export const buildCommand = ({ agents, base = defaultBase }: ImageContents, agent: string): string =>
  [
    `opentl sandbox build --agents ${
      [...agents.map(({ name }) => name).filter((name) => name !== agent), agent].join(",")
    }`,
    ...(base === defaultBase ? [] : [`--base ${base}`])
  ].join(" ")

/** Each new session asks, and many may come at once; a build takes longer than this. */
const answerLife = "2 seconds"

export class InstalledAgents extends Context.Tag("opentl/services/sandbox/InstalledAgents")<InstalledAgents, {
  /** Asks the engine, at most every two seconds. None if it cannot be asked now: then nothing is known. */
  readonly contents: Effect.Effect<Option.Option<ImageContents>>
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
      if (isLocal) return InstalledAgents.of({ contents: Effect.succeedSome(absent), image: Option.none() })
      const asked = engine.imageLabels(image).pipe(
        Effect.map(contentsOf),
        Effect.catchTag("EngineNotFound", () => Effect.succeed(absent)),
        Effect.option
      )
      return InstalledAgents.of({ contents: yield* Effect.cachedWithTTL(asked, answerLife), image: Option.some(image) })
    })
  )

  static readonly layer = this.layerWithoutEngine.pipe(Layer.provide(DockerEngine.layer))

  /** These, and no others. */
  static readonly layerOf = (agents: ReadonlyArray<Installed>) =>
    Layer.succeed(
      InstalledAgents,
      InstalledAgents.of({
        contents: Effect.succeedSome({ exists: true, agents }),
        image: Option.some("opentl-sandbox")
      })
    )
}
