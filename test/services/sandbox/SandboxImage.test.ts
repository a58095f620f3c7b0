import { assert, describe } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { removeImage } from "../../../scripts/support/engine.mjs"
import * as DockerContainer from "../../../src/services/sandbox/docker/DockerContainer.ts"
import { DockerEngine } from "../../../src/services/sandbox/docker/DockerEngine.ts"
import { type ImageAgent, nodeVersion } from "../../../src/services/sandbox/ImageParts.ts"
import { agentsLabel, readLabel, toolsLabel } from "../../../src/services/sandbox/InstalledAgents.ts"
import { SandboxImage } from "../../../src/services/sandbox/SandboxImage.ts"
import { InstanceId } from "../../../src/services/sandbox/SandboxInstance.ts"
import { SandboxRuntime } from "../../../src/services/sandbox/SandboxRuntime.ts"
import { Docker, itDocker } from "../../support/Docker.ts"
import { layerConfig, testConfig } from "../../support/TestConfig.ts"
import { newSession } from "./SandboxSession.ts"

/** Builds under a name of its own, which is removed with the test. */
const build = Effect.fn("build")(function*(base: string, agents: ReadonlyArray<ImageAgent> = []) {
  const docker = yield* Docker
  const image = `opentl-image-test:${yield* newSession}`
  yield* Effect.addFinalizer(() => Effect.promise(() => removeImage(image)))
  const layer = SandboxImage.layer.pipe(
    Layer.provide([DockerEngine.layer, SandboxRuntime.layer]),
    Layer.provide(layerConfig({ docker: { ...docker, image } }))
  )
  const lines = yield* Effect.flatMap(SandboxImage, (images) => Stream.runCollect(images.build({ base, agents }))).pipe(
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

  itDocker(
    "is labelled with what it has in every build, whatever the engine takes from its cache",
    () =>
      Effect.gen(function*() {
        const { image: base } = yield* Docker
        const { imageLabels } = yield* DockerEngine
        for (const _ of ["first", "second"]) {
          const { image } = yield* build(base)
          assert.match((yield* imageLabels(image))[toolsLabel] ?? "", /^node=\d+/)
        }
      })
  )

  itDocker("has the agents that were wanted, each run by the node that they share", () =>
    Effect.gen(function*() {
      const tiny: ImageAgent = {
        name: "tiny",
        packages: [{ name: "semver", version: "7.7.2" }],
        programs: { tiny: { runs: "node", file: "node_modules/semver/bin/semver.js" } }
      }
      const { image } = yield* build((yield* Docker).image, [tiny])
      const labels = yield* Effect.flatMap(DockerEngine, ({ imageLabels }) => imageLabels(image))
      assert.deepStrictEqual(readLabel(labels[agentsLabel]), [{ name: "tiny", version: "7.7.2" }])
      const said = yield* outputIn(image, ["sh", "-c", "cd /opt/opentl-agents/bin; ./tiny 1.2.3; ./node --version"])
      assert.strictEqual(said.trim(), `1.2.3\nv${nodeVersion}`)
    }))

  itDocker("a package that is not to be had is named, with npm's reason", () =>
    Effect.gen(function*() {
      const packages = [{ name: "semver", version: "0.0.0-never" }]
      const failure = yield* Effect.flip(build((yield* Docker).image, [{ name: "tiny", packages, programs: {} }]))
      assert.match(failure.message, /semver@0\.0\.0-never cannot be installed by npm: .*(ETARGET|No matching|E404)/)
    }))

  itDocker("a base that is not to be had is named", () =>
    Effect.gen(function*() {
      const failure = yield* Effect.flip(build("127.0.0.1:1/opentl-missing:latest"))
      assert.strictEqual(failure._tag, "SandboxImageError")
      assert.match(failure.message, /could not be built from 127\.0\.0\.1:1\/opentl-missing:latest: .+/)
    }))
})
