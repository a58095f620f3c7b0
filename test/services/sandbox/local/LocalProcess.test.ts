import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { execPath } from "node:process"
import { SessionId } from "../../../../src/domain/Ids.ts"
import * as LocalRuns from "../../../../src/services/sandbox/local/LocalRuns.ts"
import { runName } from "../../../../src/services/sandbox/Sandbox.ts"
import { SandboxRuntime } from "../../../sandbox/SandboxRuntime.ts"
import { processesWith } from "../SandboxSession.ts"

const run = { sessionId: SessionId.make("0123456789ab"), turn: 1, round: 1 }
const name = runName(run)

/** Runs of shell lines, killed with the test. */
const setUp = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const root = yield* fs.makeTempDirectoryScoped()
  const runs = yield* LocalRuns.make(root)
  const entry = `OPENTL_RUN=${name}-${root}`
  yield* Effect.addFinalizer(() => runs.kill(name, entry))
  const { directory } = yield* SandboxRuntime
  const start = (line: string, limit = 1_000_000) =>
    runs.start(run, {
      capture: { node: execPath, program: `${directory}/capture.mjs`, limit },
      command: ["sh", "-c", line],
      environment: { PATH: "/usr/bin:/bin", OPENTL_RUN: entry.slice("OPENTL_RUN=".length) },
      workingDirectory: root
    })
  const record = Effect.map(runs.recordOrFail(run, "test"), (record) => record)
  const file = (path: string) => fs.readFileString(`${root}/${name}/${path}`)
  return { entry, file, fs, record, root, runs, start }
})

/** Waits until a process with this argument is there: a run is known before its command has begun. */
const untilThere = (text: string) =>
  Effect.repeat(processesWith(text), { schedule: Schedule.spaced("20 millis"), until: (pids) => pids.length > 0 })

layer(SandboxRuntime.layer, { excludeTestServices: true })("LocalProcess", (it) => {
  it.scoped("a run has a session of its own, so that the server's end is not its own", () =>
    Effect.gen(function*() {
      const { file, record, runs, start } = yield* setUp
      yield* start("ps -o sid= -p $$; ps -o tty= -p $$")
      assert.deepStrictEqual(yield* runs.exit(run), { code: 0, reason: undefined })
      const { group, pid } = yield* record
      assert.strictEqual(group, pid)
      assert.match(yield* file("output.log"), new RegExp(`^\\s*${pid}\\n\\?`))
    }))

  it.scoped("a second wrapper of the same run leaves at once", () =>
    Effect.gen(function*() {
      const { file, root, runs, start } = yield* setUp
      yield* start(`echo x >>${root}/count; until [ -e ${root}/go ]; do sleep 0.02; done`)
      yield* start("echo second")
      yield* FileSystem.FileSystem.pipe(Effect.flatMap((fs) => fs.writeFileString(`${root}/go`, "")))
      yield* runs.exit(run)
      assert.notInclude(yield* file("output.log"), "second")
    }))

  it.scoped("a wrapper that was killed outright is a run that was killed", () =>
    Effect.gen(function*() {
      const { entry, runs, start } = yield* setUp
      yield* start("kill -9 $PPID; exec sleep 1000.0471")
      assert.deepStrictEqual(yield* runs.exit(run), { code: 137, reason: "killed" })
      // its orphan is found by its group
      yield* runs.kill(name, entry)
      assert.deepStrictEqual(yield* processesWith("1000.0471"), [])
    }))

  it.scoped("after a restart of the machine a run was killed, and nothing else is", () =>
    Effect.gen(function*() {
      const { fs, record, root, runs, start } = yield* setUp
      yield* start("exec sleep 1000.0472")
      yield* untilThere("1000.0472")
      const text = yield* fs.readFileString(`${root}/${name}/process`)
      yield* fs.writeFileString(`${root}/${name}/process`, text.replace(/^\S+/, "another-boot"))
      assert.deepStrictEqual(yield* runs.exit(run), { code: 137, reason: "killed" })
      yield* runs.kill(name, "OPENTL_RUN=nothing")
      assert.lengthOf(yield* processesWith("1000.0472"), 1)
      assert.strictEqual((yield* record).boot, "another-boot")
      yield* fs.writeFileString(`${root}/${name}/process`, text)
    }))

  it.scoped("a number that was given out again is not taken for the run", () =>
    Effect.gen(function*() {
      const { fs, root, runs, start } = yield* setUp
      yield* start("exec sleep 1000.0473")
      yield* untilThere("1000.0473")
      const text = yield* fs.readFileString(`${root}/${name}/process`)
      const older = text.replace(/(\d+)((?: \S+){30}\n)$/, (_, start: string, tail: string) =>
        `${Number(start) - 1}${tail}`)
      assert.notStrictEqual(older, text)
      yield* fs.writeFileString(`${root}/${name}/process`, older)
      assert.deepStrictEqual(yield* runs.exit(run), { code: 137, reason: "killed" })
      yield* runs.kill(name, "OPENTL_RUN=nothing")
      assert.lengthOf(yield* processesWith("1000.0473"), 1)
      yield* fs.writeFileString(`${root}/${name}/process`, text)
    }))

  it.scoped("what ignores the request to end, and what left the group, is killed", () =>
    Effect.gen(function*() {
      const { entry, file, runs, start } = yield* setUp
      yield* start("trap '' TERM; (setsid sleep 1000.0474 &); sleep 1000.0475 & echo ready; wait; wait; wait")
      yield* file("output.log").pipe(
        Effect.repeat({ schedule: Schedule.spaced("20 millis"), until: (log) => log.includes("ready") })
      )
      yield* runs.kill(name, entry)
      assert.deepStrictEqual(yield* processesWith("1000.0474"), [])
      assert.deepStrictEqual(yield* processesWith("1000.0475"), [])
    }))
})
