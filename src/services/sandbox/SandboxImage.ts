/**
 * The sandbox image, built by the engine from the installed package: the Dockerfile, the public agents that are wanted, and,
 * for a base without Node, one with npm.
 */
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { AppConfig } from "../config/AppConfig.ts"
import { DockerEngine } from "./docker/DockerEngine.ts"
import type { EngineFailure } from "./docker/DockerErrors.ts"
import { BuildLine } from "./docker/DockerSchema.ts"
import type { Cpu, PackagesUnavailable } from "./ImagePackages.ts"
import * as ImageParts from "./ImageParts.ts"
import type { ImageAgent } from "./ImageParts.ts"
import { defaultBase, writeLabel } from "./InstalledAgents.ts"
import { SandboxUnavailable } from "./Sandbox.ts"
import { SandboxRuntime } from "./SandboxRuntime.ts"
import { pack, TarEntry, type TarError } from "./Tar.ts"

/** The build failed. */
export class SandboxImageError extends Schema.TaggedError<SandboxImageError>()("SandboxImageError", {
  image: Schema.String,
  base: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `the image ${this.image} could not be built from ${this.base}: ${this.reason}`
  }
}

export interface ImageOptions {
  /** Any image with bash, git and coreutils; if it lacks Node, it gets one, with npm and corepack. */
  readonly base?: string
  /** Public agents to be put in. */
  readonly agents?: ReadonlyArray<ImageAgent>
}

export class SandboxImage extends Context.Tag("opentl/services/sandbox/SandboxImage")<SandboxImage, {
  /** The image's name: OPENTL_DOCKER_IMAGE. */
  readonly image: string
  /** Builds the image, and streams what happens line by line. */
  readonly build: (options?: ImageOptions) => Stream.Stream<string, SandboxImageError | SandboxUnavailable>
}>() {
  static readonly layer = Layer.effect(SandboxImage, Effect.suspend(() => make))
}

const labelOf = (agents: ReadonlyArray<ImageAgent>): string =>
  writeLabel(agents.map(({ name, packages: [first] }) => ({ name, version: first?.version ?? "" })))

const make = Effect.gen(function*() {
  const { docker: { image } } = yield* AppConfig
  const engine = yield* DockerEngine
  const runtime = yield* SandboxRuntime
  const surroundings = yield* Effect.context<FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor>()

  const build = ({ agents = [], base = defaultBase }: ImageOptions = {}) => {
    const failed = (reason: string) => new SandboxImageError({ image, base, reason })

    const describe = (
      failure: EngineFailure | TarError | SandboxImageError | SandboxUnavailable | PackagesUnavailable | PlatformError
    ) => {
      switch (failure._tag) {
        case "EngineUnreachable":
          return new SandboxUnavailable({ reason: failure.message, mend: "start Docker" })
        case "SandboxImageError":
        case "SandboxUnavailable":
          return failure
        default:
          return failed(failure.message)
      }
    }

    const line = Effect.fnUntraced(function*(json: string) {
      const { error, progress, status, text } = yield* Effect.mapError(
        decodeLine(json),
        () => failed(`the engine said something unreadable: ${json.slice(0, 200)}`)
      )
      if (error !== undefined) return yield* failed(withAdvice(error.trim(), base))
      return text ?? (status === undefined || progress !== undefined ? "" : `${status}\n`)
    })

    /** For a base without node: one with npm, or, without a registry, the node of this program. */
    const nodeFor = (cpu: Cpu) =>
      base === defaultBase
        ? Effect.succeed({ entries: [], says: [] })
        : ImageParts.node(cpu).pipe(
          Effect.map((entries) => ({ entries, says: [] })),
          Effect.catchTag("PackagesUnavailable", (error) =>
            Effect.succeed({
              entries: [
                TarEntry.File({ path: "node/bin/node", mode: 0o755, owner: 0, source: runtime.node })
              ],
              says: [`a base without node gets the node of this machine, without npm: ${error.message}`]
            }))
        )

    return Stream.unwrapScoped(Effect.gen(function*() {
      const cpu = yield* engine.cpu
      const dockerfile = TarEntry.File({
        mode: 0o644,
        owner: 0,
        path: "Dockerfile",
        source: yield* runtime.dockerfile
      })
      const node = yield* nodeFor(cpu)
      const parts = yield* ImageParts.agents(agents, cpu)
      const context = yield* pack([dockerfile, ...parts, ...node.entries])
      return Stream.concat(
        Stream.fromIterable(node.says),
        engine.buildImage({ tag: image, arguments: { BASE: base, AGENTS: labelOf(agents) }, context }).pipe(
          Stream.decodeText(),
          Stream.splitLines,
          Stream.filter((json) => json.trim() !== ""),
          Stream.mapEffect(line),
          Stream.splitLines,
          Stream.filter((text) => text.trim() !== "")
        )
      )
    })).pipe(
      Stream.provideContext(surroundings),
      Stream.mapError(describe),
      Stream.withSpan("SandboxImage.build", { attributes: { image, base } })
    )
  }

  return SandboxImage.of({ image, build })
})

/** A base that cannot be pulled can be replaced by one that is there. */
const withAdvice = (error: string, base: string): string =>
  base === defaultBase && /pull|resolve|registry|lookup|manifest|timeout|connection/i.test(error)
    ? `${error} (where it cannot be pulled, name an image that you have with --base)`
    : error

const decodeLine = Schema.decode(Schema.parseJson(BuildLine))
