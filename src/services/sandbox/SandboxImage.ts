/**
 * The sandbox image, built by the engine from the installed package: the Dockerfile, the public agents and the tools that are
 * wanted, and, for a base without Node, one with npm.
 */
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { AppConfig } from "../config/AppConfig.ts"
import { DockerEngine } from "./docker/DockerEngine.ts"
import type { EngineFailure } from "./docker/DockerErrors.ts"
import { BuildLine } from "./docker/DockerSchema.ts"
import type { Cpu, PackagesUnavailable } from "./ImagePackages.ts"
import * as ImageParts from "./ImageParts.ts"
import type { ImageAgent } from "./ImageParts.ts"
import * as ImageTools from "./ImageTools.ts"
import type { ToolsWanted, ToolUnavailable } from "./ImageTools.ts"
import { defaultBase, toolsLabel, writeLabel } from "./InstalledAgents.ts"
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
  /** Tools for development to be put in, if the base lacks them; none by default. */
  readonly tools?: ToolsWanted
}

export class SandboxImage extends Context.Tag("opentl/services/sandbox/SandboxImage")<SandboxImage, {
  /** The image's name: OPENTL_DOCKER_IMAGE. */
  readonly image: string
  /** Builds the image, and streams what happens line by line. */
  readonly build: (options?: ImageOptions) => Stream.Stream<string, SandboxImageError | SandboxUnavailable>
}>() {
  static readonly layer = Layer.effect(SandboxImage, Effect.suspend(() => make))
}

const colours = /\u001b\[[0-9;]*m/g

const noTools: ToolsWanted = { names: [], required: false }

/** Begins a line by which a program of ours says, in a build, what is wrong. */
const ourMark = "opentl: "

const labelOf = (agents: ReadonlyArray<ImageAgent>): string =>
  writeLabel(agents.map(({ name, packages: [first] }) => ({ name, version: first?.version ?? "" })))

const make = Effect.gen(function*() {
  const { docker: { image } } = yield* AppConfig
  const engine = yield* DockerEngine
  const runtime = yield* SandboxRuntime
  const surroundings = yield* Effect.context<FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor>()

  const build = ({ agents = [], base = defaultBase, tools = noTools }: ImageOptions = {}) => {
    const failed = (reason: string) => new SandboxImageError({ image, base, reason })

    const describe = (
      failure:
        | EngineFailure
        | TarError
        | SandboxImageError
        | SandboxUnavailable
        | PackagesUnavailable
        | ToolUnavailable
        | PlatformError
        | ConfigError.ConfigError
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

    /** Whether the image's own programs have said why they cannot go on. */
    const complaint = (lines: ReadonlyArray<string>) =>
      lines.findLast((line) => line.startsWith(ourMark))?.slice(ourMark.length)

    const line = (said: Ref.Ref<ReadonlyArray<string>>) =>
      Effect.fnUntraced(function*(json: string) {
        const { error, progress, status, text: painted } = yield* Effect.mapError(
          decodeLine(json),
          () => failed(`the engine said something unreadable: ${json.slice(0, 200)}`)
        )
        if (error !== undefined) {
          return yield* failed(complaint(yield* Ref.get(said)) ?? withAdvice(error.trim()))
        }
        // the engine paints what a command writes to stderr
        const text = painted?.replace(colours, "")
        if (text !== undefined && text.startsWith(ourMark)) yield* Ref.update(said, Arr.append(text.trim()))
        return text ?? (status === undefined || progress !== undefined ? "" : `${status}\n`)
      })

    /** One build, as the engine tells it. */
    const run = (options: {
      readonly arguments: Readonly<Record<string, string>>
      readonly hostNetwork?: boolean
      readonly context: Stream.Stream<Uint8Array, TarError>
    }) =>
      Stream.unwrap(
        Effect.map(Ref.make<ReadonlyArray<string>>([]), (said) =>
          engine.buildImage({ ...options, tag: image }).pipe(
            Stream.decodeText(),
            Stream.splitLines,
            Stream.filter((json) => json.trim() !== ""),
            Stream.mapEffect(line(said)),
            Stream.splitLines,
            Stream.filter((text) => text.trim() !== "")
          ))
      )

    /** The label with what the build found in the image is put on it at the end, by a second build. */
    const labelled = (found: string) =>
      Stream.drain(Stream.unwrap(Effect.map(
        pack([TarEntry.Text({
          path: "Dockerfile",
          mode: 0o644,
          owner: 0,
          text: `FROM ${image}\nLABEL ${toolsLabel}="${found}"\n`
        })]),
        (context) => run({ arguments: {}, context })
      )))

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
      const script = yield* runtime.toolsScript
      const extra = yield* ImageTools.entries(tools, script, cpu)
      const proxy = tools.names.length === 0 ? undefined : yield* ImageTools.proxy
      const context = yield* pack([dockerfile, ...parts, ...extra.entries, ...node.entries])
      const found = yield* Ref.make(Option.none<string>())
      const lines = run({
        arguments: {
          ...proxy?.arguments,
          BASE: base,
          AGENTS: labelOf(agents),
          TOOLS: tools.names.join(" "),
          TOOLS_ARE: tools.required ? "required" : "wanted",
          ASKED_AT: String(yield* Clock.currentTimeMillis)
        },
        hostNetwork: proxy?.hostNetwork === true,
        context
      }).pipe(Stream.filterEffect((text) =>
        Option.match(ImageTools.reported(text), {
          onNone: () => Effect.succeed(true),
          onSome: (label) => Effect.as(Ref.set(found, Option.some(label)), false)
        })
      ))
      return Stream.fromIterable([...node.says, ...extra.says]).pipe(
        Stream.concat(lines),
        Stream.concat(Stream.unwrap(
          Effect.map(Ref.get(found), Option.match({ onNone: () => Stream.empty, onSome: labelled }))
        ))
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
const withAdvice = (error: string): string =>
  /pull|resolve|registry|lookup|manifest|timeout|connection/i.test(error)
    ? `${error} (where it cannot be pulled, name an image that you have with --base)`
    : error

const decodeLine = Schema.decode(Schema.parseJson(BuildLine))
