import { assert, describe } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { DockerEngine } from "../../../src/services/sandbox/DockerEngine.ts"
import { SandboxImage } from "../../../src/services/sandbox/SandboxImage.ts"
import { SandboxRuntime } from "../../../src/services/sandbox/SandboxRuntime.ts"
import { run } from "../../sandbox/Processes.ts"
import { Docker, itDocker } from "../../support/Docker.ts"
import { layerConfig } from "../../support/TestConfig.ts"
import { newSession } from "./SandboxSession.ts"

/** Builds under a name of its own, which is removed with the test. */
const build = Effect.fn("build")(function*(base: string) {
  const docker = yield* Docker
  const image = `opentl-image-test:${yield* newSession}`
  yield* Effect.addFinalizer(() => Effect.orDie(run("docker", ["rmi", "-f", image])))
  const layer = SandboxImage.layer.pipe(
    Layer.provide([DockerEngine.layer, SandboxRuntime.layer]),
    Layer.provide(layerConfig({ docker: { ...docker, image } }))
  )
  const lines = yield* Effect.flatMap(SandboxImage, (images) => Stream.runCollect(images.build(base))).pipe(
    Effect.provide(layer)
  )
  return { image, lines: Chunk.toReadonlyArray(lines) }
})

describe("SandboxImage", () => {
  itDocker("is built from a base, the engine's words line by line", () =>
    Effect.gen(function*() {
      const { image, lines } = yield* build((yield* Docker).image)
      assert.isTrue(lines.some((line) => line.startsWith("Step 1/")), lines.join("\n"))
      assert.isTrue(lines.some((line) => line.includes(`Successfully tagged ${image}`)))
      assert.isTrue(lines.every((line) => !line.includes("\n") && line.trim() !== ""))
      const { output } = yield* run("docker", [
        "run",
        "--rm",
        "--network",
        "none",
        image,
        "sh",
        "-c",
        "id -u; node --version; git --version"
      ])
      assert.match(output, /^1000\nv\d+.*\ngit version/)
    }))

  itDocker("a base that is not to be had is named", () =>
    Effect.gen(function*() {
      const failure = yield* Effect.flip(build("127.0.0.1:1/opentl-missing:latest"))
      assert.strictEqual(failure._tag, "SandboxImageError")
      assert.match(failure.message, /could not be built from 127\.0\.0\.1:1\/opentl-missing:latest: .+/)
    }))
})
