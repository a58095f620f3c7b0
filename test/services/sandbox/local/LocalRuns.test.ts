/** A run's output is followed by what the kernel tells of its files, not by the clock. */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as TestServices from "effect/TestServices"
import { execPath } from "node:process"
import { SessionId } from "../../../../src/domain/Ids.ts"
import * as LocalRuns from "../../../../src/services/sandbox/local/LocalRuns.ts"
import { runName } from "../../../../src/services/sandbox/Sandbox.ts"
import { SandboxRuntime } from "../../../sandbox/SandboxRuntime.ts"

const run = { sessionId: SessionId.make("0123456789ac"), turn: 1, round: 1 }
const name = runName(run)

/** A run of a shell line, and its output as it comes. */
const followed = Effect.fnUntraced(function*(line: string) {
  const fs = yield* FileSystem.FileSystem
  const { directory } = yield* SandboxRuntime
  const root = yield* fs.makeTempDirectoryScoped()
  const runs = yield* LocalRuns.make(root)
  const entry = `OPENTL_RUN=${name}-${root}`
  yield* Effect.addFinalizer(() => TestServices.provideLive(runs.kill(name, entry)))
  yield* TestServices.provideLive(runs.start(run, {
    capture: { node: execPath, program: `${directory}/capture.mjs`, limit: 1_000_000 },
    command: ["sh", "-c", line],
    environment: { PATH: "/usr/bin:/bin", OPENTL_RUN: entry.slice("OPENTL_RUN=".length) },
    workingDirectory: root
  }))
  const pieces = yield* Queue.unbounded<string>()
  const reading = yield* runs.output(run).pipe(
    Stream.decodeText(),
    Stream.runForEach((text) => Queue.offer(pieces, text)),
    Effect.fork
  )
  /** Writes as the wrapper does. */
  const write = (file: string, text: string) => fs.writeFileString(`${root}/${name}/${file}`, text, { flag: "a" })
  return { pieces, reading, write }
})

layer(SandboxRuntime.layer)("LocalRuns", (it) => {
  it.scoped("a line is read when it is written, and the end is seen, while no time passes", () =>
    Effect.gen(function*() {
      const { pieces, reading, write } = yield* followed("exec sleep 1000.0481")
      for (const line of ["one\n", "two\n", "three\n"]) {
        yield* write("output.log", line)
        assert.strictEqual(yield* Queue.take(pieces), line)
      }
      yield* write("output.log", "last\n")
      yield* write("exit", "0\n")
      yield* Fiber.join(reading)
      assert.deepStrictEqual([...(yield* Queue.takeAll(pieces))], ["last\n"])
    }))

  it.scoped("the death of a run, of which no file tells, is seen after a while", () =>
    Effect.gen(function*() {
      const { reading } = yield* followed("kill -9 $PPID; exec sleep 1000.0482")
      yield* Effect.zipRight(TestClock.adjust("250 millis"), Fiber.poll(reading)).pipe(
        Effect.repeat({ until: Option.isSome })
      )
      yield* Fiber.join(reading)
    }))
})
