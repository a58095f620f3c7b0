/** The disk is asked on the engine's machine where that is this one, or by the engine where that is not possible. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe } from "@effect/vitest"
import * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { userInfo } from "node:os"
import { DockerEngine } from "../../../../src/services/sandbox/docker/DockerEngine.ts"
import * as DockerSandbox from "../../../../src/services/sandbox/docker/DockerSandbox.ts"
import { Sandbox } from "../../../../src/services/sandbox/Sandbox.ts"
import { SandboxRuntime } from "../../../../src/services/sandbox/SandboxRuntime.ts"
import { Docker, itDocker } from "../../../support/Docker.ts"
import { layerConfig, testConfig } from "../../../support/TestConfig.ts"
import { makeSession } from "../SandboxSession.ts"

type Engine = Context.Tag.Service<DockerEngine>

/**
 * An installation whose engine is changed, the names of the containers that it creates, and what it runs in containers
 * that are there.
 */
const makeSubject = Effect.fnUntraced(function*(changes: Partial<Engine> = {}, diskBytes = 32 * 1024 ** 2) {
  const fs = yield* FileSystem.FileSystem
  const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "data-" })
  const created: Array<string> = []
  const programs: Array<string | undefined> = []
  const engine = Layer.effect(
    DockerEngine,
    Effect.map(DockerEngine, (engine) =>
      DockerEngine.of({
        ...engine,
        ...changes,
        createContainer: (name, spec) => {
          created.push(name)
          return engine.createContainer(name, spec)
        },
        exec: (container, program) =>
          Stream.suspend(() => {
            programs.push(program.command.find((word) => ["free", "tools", "used"].includes(word)))
            return engine.exec(container, program)
          })
      }))
  ).pipe(Layer.provide(DockerEngine.layer))
  const config = layerConfig({
    dataDir,
    docker: yield* Docker,
    limits: { ...testConfig.limits, memoryBytes: 256 * 1024 ** 2, pids: 100, diskBytes }
  })
  const server = DockerSandbox.layer.pipe(
    Layer.provide([engine, SandboxRuntime.layer]),
    Layer.provide([config, NodeContext.layer])
  )
  return { dataDir, created, programs, open: Effect.map(Layer.build(Layer.fresh(server)), Context.get(Sandbox)) }
})

const ways = {
  // which needs the right to read everything
  "where the volume lies": { changes: {}, isHere: userInfo().uid === 0 },
  "by a container where the volume cannot be read": {
    changes: { volumeDirectory: () => Effect.succeed("/nonexistent/_data") },
    isHere: false
  },
  "by a container where the engine is on another machine": {
    changes: { host: "tcp://example.org:2375" },
    isHere: false
  }
}

describe("what a run left on the disk is measured", () => {
  for (const [way, { changes, isHere }] of Object.entries(ways)) {
    itDocker(way, () =>
      Effect.gen(function*() {
        const measuring = isHere ? 0 : 1
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

/** So large a limit that no other program writes much of it meanwhile, which would be a reason to measure. */
const farAway = 100 * 1024 ** 3

describe("the free space of a run's disk is looked at", () => {
  for (const [way, { changes, isHere }] of Object.entries(ways)) {
    itDocker(`${way}, and a short run is not measured`, () =>
      Effect.gen(function*() {
        const subject = yield* makeSubject(changes, farAway)
        const { runWatched } = yield* makeSession(subject)
        // long enough for a look, and shorter than what the first measurement waits for
        assert.strictEqual((yield* runWatched(1, "sleep 0.5")).exit.code, 0)
        assert.deepStrictEqual(Arr.dedupe(subject.programs), isHere ? [] : ["free"])
      }))

    itDocker(`${way}, and a run that fills the disk is ended with the first measurement`, () =>
      Effect.gen(function*() {
        const subject = yield* makeSubject(changes)
        const { runWatched } = yield* makeSession(subject)
        const { exit } = yield* runWatched(
          1,
          "for n in 1 2 3 4; do head -c 12000000 /dev/zero >../home/$n; done; exec sleep 1000"
        )
        assert.deepInclude(exit, { code: 137, overLimit: true })
        assert.include(exit.reason, "used more disk than")
        assert.deepStrictEqual(subject.programs.filter((program) => program !== "free"), ["tools", "used"])
      }))
  }

  itDocker("where a container of checks lies, which has no volume", () =>
    Effect.gen(function*() {
      const subject = yield* makeSubject({}, farAway)
      const { outputOf, round, sandbox, specOf } = yield* makeSession(subject)
      const run = { ...round(1), checks: "head" } as const
      yield* sandbox.start(specOf(run, "sleep 0.5"))
      yield* Effect.raceFirst(outputOf(run), sandbox.watch(run))
      assert.strictEqual((yield* sandbox.exit(run)).code, 0)
      assert.deepStrictEqual(Arr.dedupe(subject.programs), userInfo().uid === 0 ? [] : ["free"])
    }))
})
