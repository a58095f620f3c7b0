/** An agent whose container waits for long does a round for itself, which nobody notices. */
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import { world } from "./BuiltInRound.ts"
import { SandboxRuntime } from "./SandboxRuntime.ts"

const edit = { action: "create", path: "new.txt", content: "new\n" }

/** A container's inputs, which come when they are asked for. */
const inputs = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-inputs-" })
  yield* Command.exitCode(Command.make("mkfifo", `${directory}/begin`))
  yield* fs.writeFileString(`${directory}/environment`, "cp -R \"$OPENTL_WORKSPACE/in\" \"$OPENTL_INPUTS/in\"\n")
  return { directory, come: fs.writeFileString(`${directory}/begin`, "it begins\n") }
})

const again = { schedule: Schedule.spaced("2 millis"), times: 10_000 }

/** A container that waits, and whose agent is in its rehearsal: that has a place of its own among the temporary files. */
const rehearsing = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const { come, directory } = yield* inputs
  const temporary = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-temporary-" })
  const { requests, round, session } = yield* world("anthropic", [
    { calls: [{ id: "call-1", name: "edit", input: edit }] },
    { text: "That is all." }
  ])
  const running = yield* Effect.fork(round("Write a file.", {
    OPENTL_INPUTS: directory,
    OPENTL_EXPECTED_AGENT: "opentl",
    TMPDIR: temporary
  }))
  const places = fs.readDirectory(temporary)
  yield* Effect.retry(Effect.filterOrFail(places, (names) => names.length > 0), again)
  return {
    ended: Effect.retry(Effect.filterOrFail(places, (names) => names.length === 0), again),
    /** The round that it waited for. */
    begin: Effect.zipRight(come, Fiber.join(running)),
    requests,
    changed: session.changedFiles
  }
})

const lines = [
  "it begins",
  "Cloning repository",
  "Running agent (opentl)",
  "▸ Write new.txt",
  "✓ Write new.txt",
  "new.txt +1 -0",
  "That is all.",
  "usage: 200 input, 10 output tokens in 2 steps",
  "(done)"
]

layer(SandboxRuntime.layer, { excludeTestServices: true })("an agent that waits for long", (it) => {
  it.scoped("does a round for itself, of which the next one has nothing", () =>
    Effect.gen(function*() {
      const { begin, changed, ended, requests } = yield* rehearsing
      yield* ended
      assert.lengthOf(yield* requests, 0)
      const { exitCode, texts } = yield* begin
      assert.deepStrictEqual(texts, lines)
      assert.strictEqual(exitCode, 0)
      assert.lengthOf(yield* requests, 2)
      assert.strictEqual(yield* changed, "A\tnew.txt")
    }))

  it.scoped("goes over to its round when that begins", () =>
    Effect.gen(function*() {
      const { begin, changed, ended } = yield* rehearsing
      const { exitCode, texts } = yield* begin
      assert.deepStrictEqual(texts, lines)
      assert.strictEqual(exitCode, 0)
      assert.strictEqual(yield* changed, "A\tnew.txt")
      yield* ended
    }))
})
