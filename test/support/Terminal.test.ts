/** The terminal of the tests is one: line mode, Ctrl-C, sizes, exit codes. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { screen } from "./Screen.ts"
import * as Terminal from "./Terminal.ts"

describe("a terminal", () => {
  it.scopedLive("has a size, echoes keys, and tells the exit code", () =>
    Effect.gen(function*() {
      const terminal = yield* Terminal.start(["sh", "-c", "stty size; read -r line; echo \"got $line\"; exit 7"], {
        columns: 72,
        rows: 20
      })
      yield* terminal.sees("20 72")
      yield* terminal.types("grün")
      yield* terminal.keys(Terminal.keys.enter)
      yield* terminal.sees("got grün")
      assert.strictEqual(yield* terminal.ended, 7)
      assert.deepStrictEqual(yield* terminal.screen, ["20 72", "grün", "got grün", ""])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("sends signals by Ctrl-C and by a change of its size", () =>
    Effect.gen(function*() {
      const terminal = yield* Terminal.start([
        "bash",
        "-c",
        // without a trap, bash takes a Ctrl-C that comes just when a program ends for that program's matter, and goes on
        "trap 'stty size' WINCH; trap 'exit 130' INT; echo ready; while :; do sleep 0.05; done"
      ])
      yield* terminal.sees("ready")
      yield* terminal.resize(60)
      yield* terminal.sees("40 60")
      yield* terminal.keys(Terminal.keys.ctrlC)
      assert.strictEqual(yield* terminal.ended, 130)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("is hung up with its scope", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      const script = `trap 'touch ${directory}/gone; exit' HUP; echo ready; while :; do sleep 0.05; done`
      yield* Effect.scoped(Effect.flatMap(
        Terminal.start(["bash", "-c", script]),
        (terminal) => terminal.sees("ready")
      ))
      yield* Effect.repeat(fs.exists(`${directory}/gone`), {
        until: (gone) => gone,
        schedule: Schedule.spaced("20 millis")
      })
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("the screen", () => {
  it("shows what is left of what was written", () => {
    assert.deepStrictEqual(screen("one\r\n\x1b[1mtwo\x1b[22m\r\x1b[2Kthree", 80), ["one", "three"])
    assert.deepStrictEqual(screen("abcdef", 4), ["abcd", "ef"])
    assert.deepStrictEqual(screen("日本\b\b語", 80), ["日語"])
    assert.deepStrictEqual(screen("one\r\ntwo\x1b[1A\r\x1b[0Jnew", 80), ["new"])
  })
})
