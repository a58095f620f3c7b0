/** `withLock` of the setup: one process at a time, and a dead owner's lock is taken over. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"

/** Holds the lock for a moment, and records when it takes and when it releases it. */
const script = `
import { appendFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { withLock } from "./scripts/support/lock.mjs"
await withLock("test", () => {}, async () => {
  appendFileSync(process.env.LOG, "in\\n")
  await sleep(100)
  appendFileSync(process.env.LOG, "out\\n")
})
`

const contender = (directory: string, log: string) =>
  Command.make("node", "--input-type=module", "--eval", script).pipe(
    Command.env({ TMPDIR: directory, LOG: log }),
    Command.exitCode
  )

const contend = Effect.fnUntraced(function*(count: number, prepare: (directory: string) => Effect.Effect<void>) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  const log = `${directory}/log`
  yield* prepare(directory)
  const codes = yield* Effect.all(Effect.replicate(contender(directory, log), count), { concurrency: "unbounded" })
  return { codes, log: yield* fs.readFileString(log), left: yield* fs.readDirectory(directory) }
}, Effect.scoped)

it.live("one process at a time", () =>
  Effect.gen(function*() {
    const { codes, left, log } = yield* contend(4, () => Effect.void)
    assert.deepStrictEqual(codes.map(Number), [0, 0, 0, 0])
    assert.strictEqual(log, "in\nout\n".repeat(4))
    assert.deepStrictEqual(left, ["log"])
  }).pipe(Effect.provide(NodeContext.layer)))

it.live("a dead owner's lock is taken over", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    // The lock's directory is named by a hash of "test"; no process has this id.
    const prepare = (directory: string) =>
      Effect.gen(function*() {
        const lock = `${directory}/opentl-lock-9f86d081884c7d65`
        yield* fs.makeDirectory(lock)
        yield* fs.writeFileString(`${lock}/pid`, "999999999")
      }).pipe(Effect.orDie)
    const { codes, left, log } = yield* contend(2, prepare)
    assert.deepStrictEqual(codes.map(Number), [0, 0])
    assert.strictEqual(log, "in\nout\n".repeat(2))
    assert.deepStrictEqual(left, ["log"])
  }).pipe(Effect.provide(NodeContext.layer)))
