/**
 * The sandbox image, built by the engine from the installed package: the Dockerfile and, for a base without Node, the
 * Node binary of this program.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { AppConfig } from "../config/AppConfig.ts"
import { DockerEngine } from "./docker/DockerEngine.ts"
import type { EngineFailure } from "./docker/DockerErrors.ts"
import { BuildLine } from "./docker/DockerSchema.ts"
import { SandboxUnavailable } from "./Sandbox.ts"
import { SandboxRuntime } from "./SandboxRuntime.ts"
import { pack, TarEntry, type TarError } from "./Tar.ts"

/** The default base image; it includes Node. */
export const defaultBase = "node:24-bookworm"

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

export class SandboxImage extends Context.Tag("opentl/services/sandbox/SandboxImage")<SandboxImage, {
  /** The image's name: OPENTL_DOCKER_IMAGE. */
  readonly image: string
  /**
   * Builds the image, and streams the engine's output line by line. `base` is any image with bash, git and coreutils;
   * if it lacks Node, it gets this program's.
   */
  readonly build: (base?: string) => Stream.Stream<string, SandboxImageError | SandboxUnavailable>
}>() {
  static readonly layer = Layer.effect(SandboxImage, Effect.suspend(() => make))
}

const make = Effect.gen(function*() {
  const { docker: { image } } = yield* AppConfig
  const engine = yield* DockerEngine
  const runtime = yield* SandboxRuntime
  const fs = yield* FileSystem.FileSystem

  const build = (base = defaultBase) => {
    const failed = (reason: string) => new SandboxImageError({ image, base, reason })

    const describe = (failure: EngineFailure | TarError | SandboxImageError | SandboxUnavailable) => {
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
      if (error !== undefined) return yield* failed(error.trim())
      return text ?? (status === undefined || progress !== undefined ? "" : `${status}\n`)
    })

    return Stream.unwrap(Effect.gen(function*() {
      const file = { mode: 0o644, owner: 0 }
      const dockerfile = TarEntry.File({ ...file, path: "Dockerfile", source: yield* runtime.dockerfile })
      const node = TarEntry.File({ mode: 0o755, owner: 0, path: "node", source: runtime.node })
      const context = yield* pack(base === defaultBase ? [dockerfile] : [dockerfile, node])
      return engine.buildImage({ tag: image, arguments: { BASE: base }, context })
    })).pipe(
      Stream.provideService(FileSystem.FileSystem, fs),
      Stream.decodeText(),
      Stream.splitLines,
      Stream.filter((json) => json.trim() !== ""),
      Stream.mapEffect(line),
      Stream.splitLines,
      Stream.filter((text) => text.trim() !== ""),
      Stream.mapError(describe),
      Stream.withSpan("SandboxImage.build", { attributes: { image, base } })
    )
  }

  return SandboxImage.of({ image, build })
})

const decodeLine = Schema.decode(Schema.parseJson(BuildLine))
