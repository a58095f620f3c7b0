/** What a run left on the disk is measured where the volume lies, or by a container where that is not possible. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { userInfo } from "node:os"
import { DockerEngine } from "../../../../src/services/sandbox/docker/DockerEngine.ts"
import * as DockerSandbox from "../../../../src/services/sandbox/docker/DockerSandbox.ts"
import { Sandbox } from "../../../../src/services/sandbox/Sandbox.ts"
import { SandboxRuntime } from "../../../../src/services/sandbox/SandboxRuntime.ts"
import { Docker, itDocker } from "../../../support/Docker.ts"
import { layerConfig, testConfig } from "../../../support/TestConfig.ts"
import { makeSession } from "../SandboxSession.ts"

type Engine = Context.Tag.Service<DockerEngine>

/** An installation whose engine is changed, and the names of the containers that it creates. */
const makeSubject = Effect.fnUntraced(function*(changes: Partial<Engine> = {}) {
  const fs = yield* FileSystem.FileSystem
  const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "data-" })
  const created: Array<string> = []
  const engine = Layer.effect(
    DockerEngine,
    Effect.map(DockerEngine, (engine) =>
      DockerEngine.of({
        ...engine,
        ...changes,
        createContainer: (name, spec) => {
          created.push(name)
          return engine.createContainer(name, spec)
        }
      }))
  ).pipe(Layer.provide(DockerEngine.layer))
  const config = layerConfig({
    dataDir,
    docker: yield* Docker,
    limits: { ...testConfig.limits, memoryBytes: 256 * 1024 ** 2, pids: 100, diskBytes: 32 * 1024 ** 2 }
  })
  const server = DockerSandbox.layer.pipe(
    Layer.provide([engine, SandboxRuntime.layer]),
    Layer.provide([config, NodeContext.layer])
  )
  return { dataDir, created, open: Effect.map(Layer.build(Layer.fresh(server)), Context.get(Sandbox)) }
})

const ways = {
  // which needs the right to read everything
  "where the volume lies": { changes: {}, measuring: userInfo().uid === 0 ? 0 : 1 },
  "by a container where the volume cannot be read": {
    changes: { volumeDirectory: () => Effect.succeed("/nonexistent/_data") },
    measuring: 1
  },
  "by a container where the engine is on another machine": {
    changes: { host: "tcp://example.org:2375" },
    measuring: 1
  }
}

describe("what a run left on the disk is measured", () => {
  for (const [way, { changes, measuring }] of Object.entries(ways)) {
    itDocker(way, () =>
      Effect.gen(function*() {
        const subject = yield* makeSubject(changes)
        const { runAgent, session } = yield* makeSession(subject)
        const measurements = () => subject.created.filter((name) => name === `opentl-${session}-disk`).length
        assert.strictEqual((yield* runAgent(1, "mkdir closed && touch closed/x && chmod 000 closed")).exit.code, 0)
        assert.strictEqual(measurements(), measuring)
        // in several files, none of which is over the limit, in a directory that is closed even to its owner
        const { exit } = yield* runAgent(
          2,
          "mkdir more && for n in 1 2 3 4; do head -c 12000000 /dev/urandom > more/$n; done; chmod 000 more"
        )
        assert.deepInclude(exit, { code: 137, overLimit: true })
        assert.strictEqual(measurements(), 2 * measuring)
      }))
  }
})
