/**
 * The Docker engine of the machine, for tests that need one: whether it answers, and the image they run. Where there is no
 * `opentl-sandbox`, the image is built from `opentl-base:bookworm` and kept under a name of its own content.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Hash from "effect/Hash"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { DockerEngine } from "../../src/services/sandbox/DockerEngine.ts"
import { SandboxImage } from "../../src/services/sandbox/SandboxImage.ts"
import { SandboxRuntime } from "../../src/services/sandbox/SandboxRuntime.ts"
import { layerConfig, testConfig } from "./TestConfig.ts"

class NoImage extends Data.TaggedError("NoImage")<{ readonly message: string }> {}

const dockerHost = Config.withDefault(Config.string("DOCKER_HOST"), testConfig.docker.host)

const withDocker = (docker: Partial<typeof testConfig.docker>) =>
  layerConfig({ docker: { ...testConfig.docker, ...docker } })

/** The program's own client of the machine's engine. */
export const layerEngine = Layer.unwrapEffect(
  Effect.map(dockerHost, (host) => Layer.provide(DockerEngine.layer, withDocker({ host })))
)

const base = "opentl-base:bookworm"

/** The installed image, else one that is built from the base image. */
const findImage = Effect.gen(function*() {
  const engine = yield* DockerEngine
  const { image: installed } = testConfig.docker
  if (yield* engine.hasImage(installed)) return installed
  if (!(yield* engine.hasImage(base))) {
    return yield* new NoImage({ message: `neither the image ${installed} nor ${base} is there` })
  }
  const fs = yield* FileSystem.FileSystem
  const runtime = yield* SandboxRuntime
  const dockerfile = yield* Effect.flatMap(runtime.dockerfile, (file) => fs.readFileString(file))
  const image = `opentl-sandbox-test:${(Hash.string(dockerfile) >>> 0).toString(16)}`
  if (yield* engine.hasImage(image)) return image
  yield* Effect.flatMap(SandboxImage, (images) => Stream.runDrain(images.build(base))).pipe(
    Effect.provide(Layer.provide(SandboxImage.layer, withDocker({ image })))
  )
  return image
}).pipe(Effect.provide(SandboxRuntime.layer))

/** What `docker` of a configuration is in tests. */
export class Docker extends Context.Tag("opentl/test/Docker")<Docker, typeof testConfig.docker>() {
  static readonly layer = Layer.effect(
    Docker,
    Effect.all({ host: dockerHost, image: findImage, network: Effect.succeed(Option.none<string>()) })
  )
}

/** Why tests that need Docker do not run here. With OPENTL_REQUIRE_DOCKER=1 they run, and fail. */
const obstacle = Effect.gen(function*() {
  if (yield* Config.withDefault(Config.boolean("OPENTL_REQUIRE_DOCKER"), false)) return Option.none()
  const engine = yield* DockerEngine
  return Option.map(yield* Effect.flip(engine.ping).pipe(Effect.option), (error) => error.message)
})

const layer = Layer.provideMerge(Docker.layer, Layer.merge(layerEngine, NodeContext.layer))

/** A test on the machine's engine, on the clock of the world; skipped, with the reason, where there is none. */
export const itDocker = <A, E>(
  name: string,
  test: () => Effect.Effect<A, E, Docker | DockerEngine | NodeContext.NodeContext | Scope.Scope>
) =>
  it.scopedLive(name, (context) =>
    Effect.flatMap(
      obstacle,
      Option.match({
        onNone: () => Effect.asVoid(Effect.provide(test(), layer)),
        onSome: (reason) => Effect.sync(() => context.skip(reason))
      })
    ).pipe(Effect.provide(layerEngine)), 120_000)
