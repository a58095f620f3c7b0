/** Help before the program is loaded: the same text as the program's own, at every width, and never out of date. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as LogLevel from "effect/LogLevel"
import * as Fs from "node:fs"
import stringWidth from "string-width"
import { spec } from "../../src/cli/AllCommands.ts"
import { bareHelp } from "../../src/cli/BareHelp.ts"
import { logLevels } from "../../src/cli/CommandLine.ts"
import { commandsJson } from "../../src/cli/CommandsJson.ts"
import type { CommandSpec } from "../../src/cli/CommandSpec.ts"
import { manifest } from "../ground/Manifest.ts"
import { binary, run } from "../support/Program.ts"
import { runCli, type Setting } from "./Harness.ts"

const all = (command: CommandSpec): ReadonlyArray<CommandSpec> => [command, ...command.subcommands.flatMap(all)]
const paths = all(spec).map(({ path }) => path.slice(1))
const commands = { version: manifest.version, spec }

const bare = (args: ReadonlyArray<string>, { columns = 100, environment = {}, tty = false }: Setting) =>
  bareHelp(commands, { args, environment, stdout: { isTTY: tty, columns } })

const plain: Setting = { environment: { COLUMNS: "60" } }
const coloured: Setting = { tty: true, columns: 110 }

const settings: ReadonlyArray<Setting> = [
  {},
  ...["", "5", "20", "40", "999"].map((COLUMNS): Setting => ({ environment: { COLUMNS } })),
  ...[0, 30, 80].map((columns): Setting => ({ tty: true, columns })),
  { tty: true, columns: 0, environment: { COLUMNS: "15" } },
  { tty: true, columns: 90, environment: { COLUMNS: "70" } },
  { tty: true, environment: { NO_COLOR: "1" } },
  { tty: true, environment: { NO_COLOR: "" } },
  { tty: true, environment: { TERM: "dumb" } }
]

const isTheSame = (args: ReadonlyArray<string>, setting: Setting) =>
  Effect.map(runCli(args, setting), ({ code, err, out }) => {
    assert.deepStrictEqual([code, err], [0, ""])
    assert.strictEqual(bare(args, setting), out, JSON.stringify([args, setting]))
  })

describe("help without the program", () => {
  it.effect("is the program's, of every command", () =>
    Effect.forEach(
      paths,
      (path) => Effect.forEach([plain, coloured], (setting) => isTheSame([...path, "--help"], setting))
    ))

  it.effect("is the program's, at every width and on every terminal", () =>
    Effect.forEach(settings, (setting) => isTheSame(["run", "--help"], setting)))

  it.effect("is found by the same words", () =>
    Effect.forEach(
      [
        [],
        ["-h"],
        ["help"],
        ["help", "sandbox", "build"],
        ["RUN", "help"],
        ["--json", "list", "-h"],
        ["--version"],
        ["-v"],
        ["version"],
        ["list", "--version"],
        ["--log-level", "debug"]
      ],
      (args) => isTheSame(args, {})
    ))

  it("leaves commands, mistakes and unusual widths to the program", () => {
    for (const args of [["list"], ["lst"], ["list", "--nope"], ["--completions", "bash"], ["run", "--", "--help"]]) {
      assert.isUndefined(bare(args, {}), args.join(" "))
    }
    for (const COLUMNS of ["0", "-5", "wide", "1e2", "0x50", "1001", " 80"]) {
      assert.isUndefined(bare(["--help"], { environment: { COLUMNS } }), COLUMNS)
    }
  })

  it("knows the levels of the log, and has no text whose characters are not columns", () => {
    assert.deepStrictEqual(logLevels, LogLevel.allLevels.map(({ _tag }) => _tag.toLowerCase()))
    for (const path of paths) {
      const page = bare([...path, "--help"], {}) ?? ""
      for (const line of page.split("\n")) assert.strictEqual(stringWidth(line), line.length, line)
    }
  })
})

describe("the built program", () => {
  const built = (name: string) => Fs.readFileSync(new URL(name, `file://${binary}`), "utf8")

  it("has the commands of this source", () => assert.strictEqual(built("commands.json"), commandsJson))

  it("prints help without loading anything but its entry", () =>
    assert.notMatch(built("main.js"), /\brequire\("(?!node:|url"\))|node_modules\/(?!fastest-levenshtein)/))

  it.live("prints it as a process, and the version", () =>
    Effect.gen(function*() {
      for (const args of [["--help"], ["run", "--help"], ["help", "sandbox"], ["--version"]]) {
        const environment = { COLUMNS: "70" }
        assert.deepStrictEqual(yield* run(environment, ...args), {
          out: (yield* runCli(args, { environment })).out,
          err: "",
          code: 0
        })
      }
    }).pipe(Effect.provide(NodeContext.layer)))
})
