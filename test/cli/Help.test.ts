/** Help: what each command's page says, at a narrow and at a wide terminal, and how a person gets at it. */
import { assert, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spec } from "../../src/cli/AllCommands.ts"
import { commandNotes } from "../../src/cli/CommandNotes.ts"
import { interpret } from "../../src/cli/CommandRequest.ts"
import type { CommandSpec } from "../../src/cli/CommandSpec.ts"
import { available } from "../../src/domain/Agent.ts"
import { runCli } from "./Harness.ts"

const all = (command: CommandSpec): ReadonlyArray<CommandSpec> => [command, ...command.subcommands.flatMap(all)]
const commands = all(spec)

const at = (columns: number) => ({ environment: { COLUMNS: String(columns) } })
const words = (text: string) => text.split(/\s+/).filter((word) => word !== "")

describe("help of", () => {
  for (const { options, path } of commands) {
    const args = path.slice(1)
    const name = args.length === 0 ? "opentl" : args.join("-")
    for (const columns of [60, 120]) {
      it.effect(`${path.join(" ")} at ${columns} columns`, () =>
        Effect.gen(function*() {
          const { code, err, out } = yield* runCli([...args, "--help"], at(columns))
          assert.deepStrictEqual([code, err], [0, ""])
          for (const line of out.split("\n")) assert.isAtMost(line.length, columns, line)
          assert.match(out, new RegExp(`\\nUSAGE\\n  ${path.join(" ")}[ \\n]`))
          for (const option of options) assert.include(out, option.names.join(", "))
          assert.match(out, /\nEXAMPLES\n {2}\S/)
          assert.notMatch(out, /\x1b|\u00a0| \n/)
          // narrow or wide, it says the same
          assert.deepStrictEqual(words(out), words((yield* runCli([...args, "--help"], at(500))).out))
          yield* Effect.promise(() => expect(out).toMatchFileSnapshot(`help/${name}.${columns}.txt`))
        }))
    }
  }

  it("has examples that the parser takes", () => {
    const names = commands.map(({ path }) => path.slice(1).join(" "))
    assert.deepStrictEqual(Object.keys(commandNotes).sort(), [...names].sort())
    for (const { examples } of Object.values(commandNotes)) {
      for (const [line] of examples) {
        const [, , tail = ""] = /^([A-Z_]+=\S+ )?opentl (.*?)(?: [<|] .*)?$/.exec(line) ?? []
        const args = Array.from(tail.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, plain]) => quoted ?? plain ?? "")
        const request = interpret(spec, args)
        assert.notStrictEqual(request._tag, "Wrong", line)
      }
    }
  })

  it("offers the agents that this version runs, and no other", () => {
    const agent = commands.flatMap(({ options }) => options).find(({ names }) => names.includes("--agent"))
    assert.match(
      agent?.description ?? "",
      new RegExp(`^auto, ${available.join(", ")}, or .*command:<shell line> or acp:<shell line>`)
    )
  })
})

describe("help", () => {
  it.effect("is what no command prints, and names every command that shells complete", () =>
    Effect.gen(function*() {
      const { code, err, out } = yield* runCli([])
      assert.deepStrictEqual([code, err], [0, ""])
      const completions = yield* runCli(["--completions", "bash"])
      const defined = Array.from(completions.out.matchAll(/^ {12}opentl,(\w+)\)/gm), ([, command]) => command)
      assert.isAtLeast(defined.length, 14)
      for (const command of defined) assert.match(out, new RegExp(`^  ${command} `, "m"))
      for (const same of [["--log-level", "debug"], ["help"], ["-h"], ["--help"]]) {
        assert.strictEqual((yield* runCli(same)).out, out, same.join(" "))
      }
    }))

  it.effect("of a command is found in every way that people look for it", () =>
    Effect.gen(function*() {
      for (const command of ["run", "status", "sandbox"]) {
        const { out } = yield* runCli([command, "--help"])
        for (
          const args of [["help", command], [command, "-h"], [command, "help"], ["--json", command, "--help"], [
            command.toUpperCase(),
            "--help"
          ], ["help", command, "--help"]]
        ) {
          assert.deepStrictEqual(yield* runCli(args), { code: 0, out, err: "" }, args.join(" "))
        }
      }
      const { out } = yield* runCli(["sandbox", "build", "--help"])
      assert.match(out, /USAGE\n {2}opentl sandbox build \[options\]\n/)
      for (const args of [["help", "sandbox", "build"], ["sandbox", "build", "help"], ["sandbox", "help", "build"]]) {
        assert.strictEqual((yield* runCli(args)).out, out, args.join(" "))
      }
      assert.strictEqual((yield* runCli(["sandbox"])).out, (yield* runCli(["sandbox", "--help"])).out)
    }))

  it.effect("is as wide as the terminal, and 80 columns where there is none", () =>
    Effect.gen(function*() {
      const page = (columns: number) => Effect.map(runCli(["run", "--help"], at(columns)), ({ out }) => out)
      const plain = { NO_COLOR: "1" }
      assert.strictEqual((yield* runCli(["run", "--help"])).out, yield* page(80))
      const tty = { tty: true, columns: 50, environment: plain }
      assert.strictEqual((yield* runCli(["run", "--help"], tty)).out, yield* page(50))
      const both = { ...tty, environment: { ...plain, COLUMNS: "70" } }
      assert.strictEqual((yield* runCli(["run", "--help"], both)).out, yield* page(70))
      for (const COLUMNS of ["0", "-5", "wide", ""]) {
        assert.strictEqual((yield* runCli(["run", "--help"], { environment: { COLUMNS } })).out, yield* page(80))
      }
    }))

  it.effect("has weights and no colours on a terminal, and nothing where NO_COLOR is set", () =>
    Effect.gen(function*() {
      for (const args of [["--help"], ["run", "--help"]]) {
        const { out } = yield* runCli(args, { tty: true })
        assert.include(out, "\x1b[1m")
        // bold and dim are seen on every background
        assert.notMatch(out.replace(/\x1b\[(?:1|2|22)m/g, ""), /\x1b/)
        for (const environment of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
          assert.notInclude((yield* runCli(args, { tty: true, environment })).out, "\x1b")
        }
      }
    }))

  it.effect("tells the version, and completes shells", () =>
    Effect.gen(function*() {
      for (const args of [["--version"], ["-v"], ["version"], ["list", "--version"]]) {
        const { code, err, out } = yield* runCli(args)
        assert.deepStrictEqual([code, err], [0, ""])
        assert.match(out, /^\d+\.\d+\.\d+\n$/)
      }
      for (const shell of ["bash", "zsh", "fish"]) {
        const { code, out } = yield* runCli(["--completions", shell])
        assert.strictEqual(code, 0)
        assert.include(out, "sandbox")
        assert.notInclude(out, "wizard")
      }
    }))
})
