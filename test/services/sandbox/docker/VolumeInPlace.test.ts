/** An ended run's result is read where its volume lies, or through the engine where that is not possible. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, layer } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { DockerEngine } from "../../../../src/services/sandbox/docker/DockerEngine.ts"
import * as DockerSandbox from "../../../../src/services/sandbox/docker/DockerSandbox.ts"
import * as EndedContainers from "../../../../src/services/sandbox/docker/EndedContainers.ts"
import * as VolumeInPlace from "../../../../src/services/sandbox/docker/VolumeInPlace.ts"
import { Sandbox } from "../../../../src/services/sandbox/Sandbox.ts"
import { SandboxRuntime } from "../../../../src/services/sandbox/SandboxRuntime.ts"
import { Docker, itDocker } from "../../../support/Docker.ts"
import { layerConfig } from "../../../support/TestConfig.ts"
import { makeSession, newSession } from "../SandboxSession.ts"

type Engine = Context.Tag.Service<DockerEngine>

/** The real engine, with changes; it is not asked for anything else here. */
const engineWith = (changes: Partial<Engine>) =>
  Layer.effect(DockerEngine, Effect.map(DockerEngine, (engine) => DockerEngine.of({ ...engine, ...changes }))).pipe(
    Layer.provide(DockerEngine.layer)
  )

/** Files beside a secret of the host, in a directory that stands for a volume's. */
const makeVolume = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const root = yield* Effect.flatMap(fs.makeTempDirectoryScoped(), fs.realPath)
  const directory = `${root}/_data`
  yield* fs.makeDirectory(`${directory}/out/inner`, { recursive: true })
  yield* fs.writeFileString(`${directory}/out/answer.md`, "Done.\n")
  yield* fs.makeDirectory(`${root}/secrets`)
  yield* fs.writeFileString(`${root}/secrets/answer.md`, "the host's")
  yield* fs.symlink(`${root}/secrets/answer.md`, `${directory}/out/link.md`)
  yield* fs.symlink(`${root}/secrets`, `${directory}/linked`)
  yield* fs.symlink("answer.md", `${directory}/out/inside.md`)
  assert.strictEqual(yield* Command.exitCode(Command.make("mkfifo", `${directory}/out/pipe.md`)), 0)
  return directory
})

const finding = (changes: Partial<Engine>, ...paths: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const engine = yield* DockerEngine
    const volumes = yield* VolumeInPlace.make({ containers: EndedContainers.make(engine), engine })
    const session = yield* newSession
    return yield* Effect.forEach(paths, (path) => volumes.find(session, path))
  }).pipe(Effect.provide(engineWith(changes)), Effect.provide(layerConfig()))

layer(NodeContext.layer, { excludeTestServices: true })("VolumeInPlace", (it) => {
  it.scoped("finds a file, and neither links, pipes, directories nor what a link leads to", () =>
    Effect.gen(function*() {
      const directory = yield* makeVolume
      const changes = { host: "unix:///run/docker.sock", volumeDirectory: () => Effect.succeed(directory) }
      const [file, ...others] = yield* finding(
        changes,
        "out/answer.md",
        ...[
          "out/link.md",
          "out/inside.md",
          "out/pipe.md",
          "out/inner",
          "linked/answer.md",
          "out/absent.md",
          "absent/a.md"
        ]
      )
      const found = VolumeInPlace.Found.File({ path: `${directory}/out/answer.md`, size: 6n })
      assert.deepStrictEqual(file, Option.some(found))
      assert.deepStrictEqual(others, others.map(() => Option.some(VolumeInPlace.Found.Nothing())))
    }))

  it.scoped("leaves it to an engine on another machine, or whose directory is not here", () =>
    Effect.gen(function*() {
      const directory = yield* makeVolume
      const here = { host: "unix:///run/docker.sock", volumeDirectory: () => Effect.succeed(directory) }
      const elsewhere = { ...here, host: "tcp://example.org:2375" }
      const hidden = { ...here, volumeDirectory: () => Effect.succeed(`${directory}/absent`) }
      assert.deepStrictEqual(yield* finding(elsewhere, "out/answer.md"), [Option.none()])
      assert.deepStrictEqual(yield* finding(hidden, "out/answer.md"), [Option.none()])
    }))
})

layer(NodeContext.layer, { excludeTestServices: true })("the directory of a volume", (it) => {
  it.scoped("is asked for once, and is none when it is gone", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* makeVolume
      const asked = yield* Ref.make(0)
      const volumes = yield* VolumeInPlace.make({
        containers: { inspect: () => Effect.succeedNone },
        engine: {
          host: "unix:///run/docker.sock",
          volumeDirectory: () => Effect.as(Ref.update(asked, (times) => times + 1), directory)
        }
      })
      const session = yield* newSession
      const found = yield* Effect.replicateEffect(volumes.directoryOf(session), 3)
      assert.deepStrictEqual(found, found.map(() => Option.some(directory)))
      assert.strictEqual(yield* Ref.get(asked), 1)
      yield* fs.remove(directory, { recursive: true })
      assert.deepStrictEqual(yield* volumes.directoryOf(session), Option.none())
    }))
})

describe("a result is read", () => {
  const ways = {
    "where its volume lies": {},
    "through the engine": { volumeDirectory: () => Effect.succeed("/nonexistent/_data") }
  }
  for (const [way, changes] of Object.entries(ways)) {
    itDocker(way, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "data-" })
        const server = DockerSandbox.layer.pipe(
          Layer.provide([engineWith(changes), SandboxRuntime.layer]),
          Layer.provide([layerConfig({ dataDir, docker: yield* Docker }), NodeContext.layer])
        )
        const open = Effect.map(Layer.build(Layer.fresh(server)), Context.get(Sandbox))
        const { runAgent, sandbox, takeBundle } = yield* makeSession({ dataDir, open })
        const { run } = yield* runAgent(1, `echo bye >hello.txt; echo Done. >"$OPENTL_ANSWER_FILE"`)
        assert.strictEqual(yield* sandbox.answer(run), "Done.\n")
        const bundle = yield* sandbox.bundle(run)
        assert.include(yield* takeBundle(Option.getOrThrow(bundle)), "-hello\n+bye")
        const none = yield* runAgent(2, `rm -f "$OPENTL_ANSWER_FILE"`)
        assert.deepStrictEqual(
          [yield* sandbox.answer(none.run), Option.isSome(yield* sandbox.bundle(none.run))],
          ["", true]
        )
      }))
  }
})
