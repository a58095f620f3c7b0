import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Sandbox } from "../../../src/services/sandbox/Sandbox.ts"
import * as SandboxLayer from "../../../src/services/sandbox/SandboxLayer.ts"
import { Docker, itDocker } from "../../support/Docker.ts"
import { layerConfig, testConfig } from "../../support/TestConfig.ts"

const kind = Effect.fn("kind")(function*(sandbox: "auto" | "docker" | "local", docker: typeof testConfig.docker) {
  const fs = yield* FileSystem.FileSystem
  const dataDir = yield* fs.makeTempDirectoryScoped()
  const layer = Layer.provide(SandboxLayer.layer, layerConfig({ dataDir, sandbox, docker }))
  return yield* Effect.provide(Effect.map(Sandbox, (sandbox) => sandbox.kind), layer)
})

const noDocker = { ...testConfig.docker, host: "unix:///nonexistent/docker.sock" }

describe("SandboxLayer", () => {
  it.scopedLive("auto is local where Docker does not answer", () =>
    Effect.gen(function*() {
      assert.match(yield* kind("auto", noDocker), /^local \(/)
      assert.match(yield* kind("local", noDocker), /^local \(/)
      assert.strictEqual(yield* kind("docker", noDocker), "docker")
    }).pipe(Effect.provide(NodeContext.layer)))

  itDocker("auto is Docker where it answers", () =>
    Effect.gen(function*() {
      const docker = yield* Docker
      assert.strictEqual(yield* kind("auto", docker), "docker")
      assert.match(yield* kind("local", docker), /^local \(/)
    }))
})
