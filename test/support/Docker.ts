/**
 * The Docker engine of the machine, for tests that need one: whether it answers, and the image they run. Where there is no
 * `opentl-sandbox`, the image is built from a base that the engine has, and kept under a name of its own content. A
 * machine without either skips these tests and says what to run; with OPENTL_REQUIRE_DOCKER=1 they fail there.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Hash from "effect/Hash"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { TestContext } from "vitest"
import { noImage, testBases } from "../../scripts/support/engine.mjs"
import { DockerEngine } from "../../src/services/sandbox/docker/DockerEngine.ts"
import { SandboxImage } from "../../src/services/sandbox/SandboxImage.ts"
import { SandboxRuntime } from "../../src/services/sandbox/SandboxRuntime.ts"
import { layerConfig, testConfig } from "./TestConfig.ts"

class NoImage extends Data.TaggedError("NoImage")<{ readonly message: string }> {}

const dockerHost = Config.withDefault(Config.string("DOCKER_HOST"), testConfig.docker.host)

/** Another image than the installed one may be tried: one with more tools, or from another base. */
const installedImage = Config.withDefault(Config.nonEmptyString("OPENTL_TEST_IMAGE"), testConfig.docker.image)

const withDocker = (docker: Partial<typeof testConfig.docker>) =>
  layerConfig({ docker: { ...testConfig.docker, ...docker } })

/** The program's own client of the machine's engine. */
export const layerEngine = Layer.unwrapEffect(
  Effect.map(dockerHost, (host) => Layer.provide(DockerEngine.layer, withDocker({ host })))
)

/** The installed image, else one that is built from the first base that the engine has. */
export const findImage = (installed: string, bases: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const engine = yield* DockerEngine
    if (yield* engine.hasImage(installed)) return installed
    const base = yield* Effect.findFirst(bases, engine.hasImage)
    if (Option.isNone(base)) return yield* new NoImage({ message: noImage(installed, bases) })
    const fs = yield* FileSystem.FileSystem
    const runtime = yield* SandboxRuntime
    const dockerfile = yield* Effect.flatMap(runtime.dockerfile, (file) => fs.readFileString(file))
    const image = `opentl-sandbox-test:${(Hash.string(`${base.value} ${dockerfile}`) >>> 0).toString(16)}`
    if (yield* engine.hasImage(image)) return image
    const host = yield* dockerHost
    yield* Effect.flatMap(SandboxImage, (images) => Stream.runDrain(images.build({ base: base.value }))).pipe(
      Effect.provide(Layer.provide(SandboxImage.layer, withDocker({ host, image })))
    )
    return image
  }).pipe(Effect.provide(SandboxRuntime.layer))

/** What `docker` of a configuration is in tests. */
export class Docker extends Context.Tag("opentl/test/Docker")<Docker, typeof testConfig.docker>() {}

const findDocker = Effect.gen(function*() {
  const engine = yield* DockerEngine
  yield* engine.ping
  return Docker.of({
    host: yield* dockerHost,
    image: yield* findImage(yield* installedImage, testBases()),
    network: Option.none()
  })
})

/** A test on the machine's engine, on the clock of the world; skipped, with the reason, where it cannot run. */
export const itDocker = <A, E>(
  name: string,
  test: (context: TestContext) => Effect.Effect<A, E, Docker | DockerEngine | NodeContext.NodeContext | Scope.Scope>
) =>
  it.scopedLive(name, (context) =>
    Effect.gen(function*() {
      const isRequired = yield* Config.withDefault(Config.boolean("OPENTL_REQUIRE_DOCKER"), false)
      const docker = yield* Effect.either(findDocker)
      if (Either.isRight(docker)) {
        yield* Effect.provideService(test(context), Docker, docker.right)
      } else if (isRequired) {
        yield* Effect.fail(docker.left)
      } else {
        context.skip(docker.left.message)
      }
    }).pipe(Effect.provide(Layer.merge(layerEngine, NodeContext.layer))))
