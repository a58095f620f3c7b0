/** Whose disk is looked at: that of a run at work, and never that of one which has come to its end. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { DockerEngine } from "../../../../src/services/sandbox/docker/DockerEngine.ts"
import type { EngineFailure } from "../../../../src/services/sandbox/docker/DockerErrors.ts"
import * as DockerLimits from "../../../../src/services/sandbox/docker/DockerLimits.ts"
import { Found } from "../../../../src/services/sandbox/docker/VolumeInPlace.ts"
import { InstanceId } from "../../../../src/services/sandbox/SandboxInstance.ts"
import { layerConfig } from "../../../support/TestConfig.ts"

/** A turn of the event loop, in which the disk may answer. */
const turn = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** The programs that are run in a container whose end is this, until there is one, and for so many seconds at most. */
const measurementsOf = Effect.fnUntraced(function*(end: Effect.Effect<number, EngineFailure>, seconds: number) {
  const programs: Array<string> = []
  const engine = yield* DockerEngine.pipe(Effect.provide(Layer.mock(DockerEngine, {
    host: "unix:///nowhere",
    waitContainer: () => end,
    layerBytes: () => Effect.succeed(0),
    exec: (_, { command }) =>
      Stream.suspend(() => {
        programs.push(command.join(" "))
        return Stream.empty
      })
  })))
  const limits = yield* DockerLimits.make({
    engine,
    instance: InstanceId.make("0123456789abcdef"),
    runtime: Effect.succeed("/nowhere"),
    volumes: {
      directoryOf: () => Effect.succeedSome("/"),
      directoryOfRun: () => Effect.succeedSome("/"),
      find: () => Effect.succeedSome(Found.Nothing()),
      findInLayer: () => Effect.succeedSome(Found.Nothing()),
      layerOf: () => Effect.succeedNone
    }
  })
  const watching = yield* Effect.fork(limits.watchDisk("opentl-0123456789ab-1-1"))
  for (let at = 0; at < seconds && programs.length === 0; at++) {
    yield* Effect.repeatN(turn, 50)
    yield* TestClock.adjust("1 second")
  }
  assert.isTrue(Option.isNone(yield* Fiber.poll(watching)))
  yield* Fiber.interrupt(watching)
  return programs
}, Effect.provide([NodeContext.layer, layerConfig({})]))

describe("the disk of a run on this machine", () => {
  it.scoped("is measured while it works", () =>
    Effect.gen(function*() {
      assert.isNotEmpty(yield* measurementsOf(Effect.never, Infinity))
    }))

  it.scoped("is no reason to end it when it has ended: its work would be removed", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* measurementsOf(Effect.succeed(0), 10), [])
    }))
})
