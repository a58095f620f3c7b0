/** The end of a run is seen on the engine's machine, and waited for by the engine everywhere else. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { SessionId } from "../../../../src/domain/Ids.ts"
import { DockerEngine } from "../../../../src/services/sandbox/docker/DockerEngine.ts"
import * as DockerSandbox from "../../../../src/services/sandbox/docker/DockerSandbox.ts"
import type { ContainerInfo } from "../../../../src/services/sandbox/docker/DockerSchema.ts"
import * as RunEnd from "../../../../src/services/sandbox/docker/RunEnd.ts"
import { Found } from "../../../../src/services/sandbox/docker/VolumeInPlace.ts"
import { Sandbox } from "../../../../src/services/sandbox/Sandbox.ts"
import { SandboxRuntime } from "../../../../src/services/sandbox/SandboxRuntime.ts"
import { Docker, itDocker } from "../../../support/Docker.ts"
import { layerConfig } from "../../../support/TestConfig.ts"
import { makeSession } from "../SandboxSession.ts"

const run = { sessionId: SessionId.make("0123456789ab"), turn: 1, round: 1 }

const head = "f00d"
const logOf = (line: string) =>
  `${JSON.stringify({ log: `${line}\n`, stream: "stdout", time: "2026-11-28T00:00:00Z" })}\n`

interface Machine {
  readonly host: string
  readonly log: string
  readonly result: string | undefined
  /** What is in the name of the control group of the container's processes. */
  readonly id: string
}

/** A process of this machine that stands for a container's first, and files that stand for its log and its result. */
const here: Machine = {
  host: "unix:///run/docker.sock",
  log: logOf(head) + logOf("###OPENTL_DONE### opentl/0123456789ab"),
  result: `{"exit_code":0,"head":"cafe","changed":false}\n`,
  // is in the name of every group
  id: ":"
}

/** What waits for the end of a run, while its process goes on until `kill`. */
const following = Effect.fnUntraced(function*(machine: Machine) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  const process = yield* Command.start(Command.make("sleep", "1000"))
  yield* fs.writeFileString(`${directory}/log`, machine.log)
  yield* fs.writeFileString(`${directory}/result.json`, machine.result ?? "")
  const info: ContainerInfo = {
    id: machine.id,
    config: { labels: { "opentl.log-head": head } },
    logFile: `${directory}/log`,
    state: { status: "running", exitCode: 0, outOfMemory: false, pid: process.pid }
  }
  const seen = yield* Deferred.make<ContainerInfo>()
  const told = yield* Deferred.make<number>()
  const asked = yield* Deferred.make<void>()
  const end = yield* RunEnd.make({
    containers: { inspect: () => Effect.succeedSome(info), keepSeen: (_, info) => Deferred.succeed(seen, info) },
    engine: {
      host: machine.host,
      waitContainer: () => Effect.zipRight(Deferred.succeed(asked, undefined), Deferred.await(told))
    },
    volumes: {
      find: () =>
        Effect.succeedSome(
          machine.result === undefined ? Found.Nothing() : Found.File({ path: `${directory}/result.json`, size: 1n })
        )
    }
  }).follow(run)
  return { asked, end, kill: process.kill("SIGKILL"), seen, told }
})

/** What is known of a run's end without the engine; none if the engine was waited for. */
const endOf = (machine: Partial<Machine>) =>
  Effect.gen(function*() {
    const { asked, end, kill, seen, told } = yield* following({ ...here, ...machine })
    const waiting = yield* Effect.fork(end)
    yield* kill
    const first = yield* Effect.raceFirst(
      Effect.asSome(Deferred.await(seen)),
      Effect.as(Deferred.await(asked), Option.none<ContainerInfo>())
    )
    yield* Deferred.succeed(told, 0)
    yield* Fiber.join(waiting)
    return Option.map(first, ({ state }) => [state.status, state.exitCode])
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

describe("the end of a run that is done", () => {
  it.live("is seen when its first process has ended, where that went well", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* endOf({}), Option.some(["exited", 0]))
    }))

  it.scopedLive("is not seen while the process goes on, whatever its output says", () =>
    Effect.gen(function*() {
      const { end, kill, seen } = yield* following(here)
      const waiting = yield* Effect.fork(end)
      yield* Effect.sleep("250 millis")
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      yield* kill
      yield* Fiber.join(waiting)
      assert.isTrue(yield* Deferred.isDone(seen))
    }).pipe(Effect.provide(NodeContext.layer)))

  const others: Readonly<Record<string, Partial<Machine>>> = {
    "is on another machine": { host: "tcp://example.org:2375" },
    "counts the processes of another machine": { id: "another container's" },
    "has lost the beginning of its log": { log: logOf("###OPENTL_DONE### opentl/0123456789ab") },
    "keeps its log in another way": { log: `${head}\n` },
    "failed, of which the engine may know the cause": { result: `{"exit_code":137,"head":"cafe","changed":false}\n` },
    "has no result in its workspace": { result: undefined },
    "has a result that nobody can read": { result: `{"exit_code":"none"}` }
  }
  for (const [why, machine] of Object.entries(others)) {
    it.live(`is told by the engine where that ${why}`, () =>
      Effect.gen(function*() {
        assert.isTrue(Option.isNone(yield* endOf(machine)))
      }))
  }
})

/** Longer than everything else takes: whoever waits for an answer still gets it, should the machine be busy. */
const late = Effect.delay("20 seconds")

/** A real engine that answers late about a container that has ended. */
const lateAboutTheEnded = Layer.effect(
  DockerEngine,
  Effect.map(DockerEngine, (engine) =>
    DockerEngine.of({
      ...engine,
      inspectContainer: (container) =>
        Effect.flatMap(
          engine.inspectContainer(container),
          (info) =>
            Option.exists(info, ({ state }) => state.status === "exited")
              ? late(Effect.succeed(info))
              : Effect.succeed(info)
        ),
      layerBytes: () => Effect.never,
      getArchive: () => Effect.never
    }))
).pipe(Layer.provide(DockerEngine.layer))

describe("a run on the engine's machine", () => {
  itDocker("is collected before the engine has told its end", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const volumes = yield* Effect.either(fs.access("/var/lib/docker/volumes", { readable: true }))
      // to others than the engine's own user its files are not to be seen
      if (volumes._tag === "Left") return
      const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "data-" })
      const server = DockerSandbox.layer.pipe(
        Layer.provide([lateAboutTheEnded, SandboxRuntime.layer]),
        Layer.provide([layerConfig({ dataDir, docker: yield* Docker }), NodeContext.layer])
      )
      const open = Effect.map(Layer.build(Layer.fresh(server)), Context.get(Sandbox))
      const { runAgent, sandbox, takeBundle } = yield* makeSession({ dataDir, open })
      const { exit, run } = yield* runAgent(1, `sleep 1; echo bye >hello.txt; echo Done. >"$OPENTL_ANSWER_FILE"`)
      assert.strictEqual(exit.code, 0)
      const { bundleInPlace = () => Effect.succeedNone } = sandbox
      assert.deepStrictEqual(yield* bundleInPlace(run), yield* sandbox.bundle(run))
      assert.strictEqual(yield* sandbox.answer(run), "Done.\n")
      assert.include(yield* takeBundle(Option.getOrThrow(yield* sandbox.bundle(run))), "-hello\n+bye")
    }))
})
