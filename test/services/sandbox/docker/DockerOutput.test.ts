/** A run's output is whole, whenever the engine ends those who follow its log. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { SessionId } from "../../../../src/domain/Ids.ts"
import { EngineNotFound } from "../../../../src/services/sandbox/docker/DockerErrors.ts"
import * as DockerOutput from "../../../../src/services/sandbox/docker/DockerOutput.ts"

const run = { sessionId: SessionId.make("0123456789ab"), turn: 1, round: 1 }
const whole = "one\ntwo\nthree\nfour\n"
const bytesOf = (text: string) => new TextEncoder().encode(text)

/** What a reader is given of an engine whose log is read in these ways, one after the other; then all of it. */
const outputOf = Effect.fnUntraced(function*(reads: ReadonlyArray<ReturnType<typeof given> | typeof fails>) {
  const left = [...reads]
  const output = DockerOutput.make({
    containers: { inspect: () => Effect.succeedNone, wasSeen: () => Effect.succeed(false) },
    engine: { logs: (_, follow) => follow ? left.shift() ?? given(whole) : given(whole) },
    limits: { endForOutput: () => Effect.dieMessage("it is within its limit"), limitOutput: (_, output) => output },
    outputBytes: 1024,
    runEnd: { follow: () => Effect.succeed(Effect.void) }
  })
  return { text: yield* Stream.mkString(Stream.decodeText(output.output(run))), left: left.length }
})

const given = (text: string) => Stream.fromIterable(text.split(/(?<=\n)/).map(bytesOf))
const fails = Stream.fail(new EngineNotFound({ operation: "read the log", reason: "no such container" }))

describe("a run's output", () => {
  it.effect("is read on where the engine ended the follower before it was sent everything", () =>
    Effect.gen(function*() {
      for (const sent of ["", "one\n", "one\ntwo\nthr", whole]) {
        assert.deepStrictEqual(yield* outputOf([given(sent)]), { text: whole, left: 0 })
      }
      assert.deepStrictEqual(yield* outputOf([given("one\n"), given("one\ntwo\n")]), { text: whole, left: 0 })
      assert.deepStrictEqual(yield* outputOf([given(""), given("")]), { text: "", left: 0 })
    }))

  it.effect("is not read again where its last line tells that it is whole", () =>
    Effect.gen(function*() {
      const done = `${whole}###OPENTL_DONE### opentl/0123456789ab\n`
      assert.deepStrictEqual(yield* outputOf([given(done), fails]), { text: done, left: 1 })
      const cut = done.slice(0, -1)
      assert.deepStrictEqual(yield* outputOf([given(cut), given(done), fails]), { text: done, left: 1 })
    }))

  it.effect("is what was sent, where the container is gone by then", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* outputOf([given("one\n"), fails]), { text: "one\n", left: 0 })
      const error = yield* Effect.flip(outputOf([fails]))
      assert.strictEqual(error._tag, "EngineNotFound")
    }))
})

/** A run that is watched; its log is this file of so many bytes. Returns what the engine was asked. */
const watching = Effect.fnUntraced(function*(logFile: string | undefined) {
  const asked: Array<string> = []
  const containers = {
    inspect: () =>
      Effect.succeedSome({
        id: "cafe",
        ...(logFile === undefined ? {} : { logFile }),
        state: { status: "running", exitCode: 0, outOfMemory: false }
      }),
    wasSeen: () => Effect.succeed(false)
  }
  const output = DockerOutput.make({
    containers,
    engine: {
      logs: () =>
        Stream.suspend(() => {
          asked.push("its log")
          return Stream.never
        })
    },
    limits: { endForOutput: () => Effect.void, limitOutput: (_, output) => output },
    outputBytes: 1024,
    runEnd: { follow: () => Effect.succeed(Effect.void) }
  })
  yield* Effect.forkScoped(output.watchLog(run))
  yield* TestClock.adjust("1 second")
  return asked
})

describe("a run's log is counted", () => {
  it.scoped("only once its file is longer than a round may print, where that can be seen", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* Effect.flatMap(fs.makeTempDirectoryScoped(), fs.realPath)}/log`
      yield* fs.writeFileString(file, "x".repeat(1024))
      const asked = yield* watching(file)
      assert.deepStrictEqual(asked, [])
      yield* fs.writeFileString(file, "x".repeat(1025))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(asked, ["its log"])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("from the beginning where it cannot", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* watching("/nowhere/log"), ["its log"])
      assert.deepStrictEqual(yield* watching(undefined), ["its log"])
    }))
})
