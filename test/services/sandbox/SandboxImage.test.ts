import { assert, describe } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { removeImage } from "../../../scripts/support/engine.mjs"
import * as DockerContainer from "../../../src/services/sandbox/docker/DockerContainer.ts"
import { DockerEngine } from "../../../src/services/sandbox/docker/DockerEngine.ts"
import { SandboxImage } from "../../../src/services/sandbox/SandboxImage.ts"
import { InstanceId } from "../../../src/services/sandbox/SandboxInstance.ts"
import { SandboxRuntime } from "../../../src/services/sandbox/SandboxRuntime.ts"
import { Docker, itDocker } from "../../support/Docker.ts"
import { layerConfig, testConfig } from "../../support/TestConfig.ts"
import { newSession } from "./SandboxSession.ts"

/** Builds under a name of its own, which is removed with the test. */
const build = Effect.fn("build")(function*(base: string) {
  const docker = yield* Docker
  const image = `opentl-image-test:${yield* newSession}`
  yield* Effect.addFinalizer(() => Effect.promise(() => removeImage(image)))
  const layer = SandboxImage.layer.pipe(
    Layer.provide([DockerEngine.layer, SandboxRuntime.layer]),
    Layer.provide(layerConfig({ docker: { ...docker, image } }))
  )
  const lines = yield* Effect.flatMap(SandboxImage, (images) => Stream.runCollect(images.build({ base }))).pipe(
    Effect.provide(layer)
  )
  return { image, lines: Chunk.toReadonlyArray(lines) }
})

/** What a program prints in a container of the image, as the image's own user. */
const outputIn = Effect.fn("outputIn")(function*(image: string, command: ReadonlyArray<string>) {
  const engine = yield* DockerEngine
  const session = yield* newSession
  const settings = { docker: { ...(yield* Docker), image }, limits: testConfig.limits, egress: testConfig.egress }
  const probe = DockerContainer.probeContainer(settings, InstanceId.make("0".repeat(16)), session)
  const spec = { ...probe, command, user: "", host: { ...probe.host, mounts: [] } }
  return yield* Effect.acquireUseRelease(
    engine.createContainer(`opentl-image-test-${session}`, spec),
    (id) =>
      engine.startContainer(id).pipe(
        Effect.zipRight(engine.logs(id, true).pipe(Stream.decodeText(), Stream.mkString))
      ),
    (id) => Effect.orDie(engine.removeContainer(id))
  )
})

describe("SandboxImage", () => {
  itDocker("is built from a base, the engine's words line by line", () =>
    Effect.gen(function*() {
      const { image, lines } = yield* build((yield* Docker).image)
      assert.isTrue(lines.some((line) => line.startsWith("Step 1/")), lines.join("\n"))
      assert.isTrue(lines.some((line) => line.includes(`Successfully tagged ${image}`)))
      assert.isTrue(lines.every((line) => !line.includes("\n") && line.trim() !== ""))
      assert.match(
        yield* outputIn(image, ["sh", "-c", "id -u; node --version; git --version"]),
        /^1000\nv\d+.*\ngit version/
      )
    }))

  itDocker("a base that is not to be had is named", () =>
    Effect.gen(function*() {
      const failure = yield* Effect.flip(build("127.0.0.1:1/opentl-missing:latest"))
      assert.strictEqual(failure._tag, "SandboxImageError")
      assert.match(failure.message, /could not be built from 127\.0\.0\.1:1\/opentl-missing:latest: .+/)
    }))
})
