/** What is known of a container that has ended is asked once. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { DockerEngine } from "../../../../src/services/sandbox/docker/DockerEngine.ts"
import * as DockerSandbox from "../../../../src/services/sandbox/docker/DockerSandbox.ts"
import type { ContainerInfo } from "../../../../src/services/sandbox/docker/DockerSchema.ts"
import * as EndedContainers from "../../../../src/services/sandbox/docker/EndedContainers.ts"
import { runName, Sandbox } from "../../../../src/services/sandbox/Sandbox.ts"
import { SandboxRuntime } from "../../../../src/services/sandbox/SandboxRuntime.ts"
import { Docker, itDocker } from "../../../support/Docker.ts"
import { layerConfig } from "../../../support/TestConfig.ts"
import { makeSession } from "../SandboxSession.ts"

const container = (status: string): ContainerInfo => ({
  id: "cafe",
  state: { status, exitCode: 0, outOfMemory: false }
})

/** An engine that tells these states of each container one after the other. */
const make = (...states: ReadonlyArray<string>) => {
  const left = [...states]
  const containers = EndedContainers.make({
    inspectContainer: () => Effect.sync(() => Option.map(Option.fromNullable(left.shift()), container))
  })
  return { ...containers, status: Effect.map(containers.inspect("a"), Option.map(({ state }) => state.status)) }
}

describe("a container", () => {
  it.effect("is asked for until it has ended, and then no more", () =>
    Effect.gen(function*() {
      const { status, wasSeen } = make("created", "running", "exited")
      const seen = yield* Effect.replicateEffect(status, 5)
      assert.deepStrictEqual(seen.map(Option.getOrThrow), ["created", "running", "exited", "exited", "exited"])
      assert.isFalse(yield* wasSeen("a"), "only the engine has told it")
    }))

  it.effect("is asked for anew when there is another one of its name", () =>
    Effect.gen(function*() {
      const { forget, status } = make("exited", "running")
      yield* status
      yield* forget("a")
      assert.deepStrictEqual(yield* status, Option.some("running"))
    }))

  it.effect("whose end was seen here is not asked for", () =>
    Effect.gen(function*() {
      const { forget, keepSeen, status, wasSeen } = make("running")
      yield* keepSeen("a", container("exited"))
      assert.deepStrictEqual([yield* status, yield* wasSeen("a")], [Option.some("exited"), true])
      yield* forget("a")
      assert.deepStrictEqual([yield* status, yield* wasSeen("a")], [Option.some("running"), false])
    }))
})

describe("a run whose container somebody else removed", () => {
  itDocker("is started anew under its name, and nothing is remembered of the one before", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "data-" })
      const server = DockerSandbox.layer.pipe(
        Layer.provide([DockerEngine.layer, SandboxRuntime.layer]),
        Layer.provide([layerConfig({ dataDir, docker: yield* Docker }), NodeContext.layer])
      )
      const open = Effect.map(Layer.build(Layer.fresh(server)), Context.get(Sandbox))
      const { round, runAgent, sandbox, session } = yield* makeSession({ dataDir, open })
      const first = yield* runAgent(1, "echo first; exit 3")
      assert.strictEqual(first.exit.code, 3)
      yield* Effect.flatMap(DockerEngine, (engine) => engine.removeContainer(runName(round(1))))
      yield* sandbox.removeRuns(session)
      const second = yield* runAgent(1, "echo second; exit 4")
      assert.include(second.output, "\nsecond\n")
      assert.strictEqual(second.exit.code, 4)
    }))
})
