/** What a person sees of a session on a terminal, and what a pipe gets of it: the built program. */
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as ModelStandIn from "../../standins/model/ModelStandIn.ts"
import * as Program from "../../support/Program.ts"
import { keys } from "../../support/Terminal.ts"
import * as World from "../World.ts"

const idOf = (output: string) => /session ([0-9a-f]{12}) on/.exec(output)?.[1] ?? "none"

/** The built-in agent's model: runs one command, and is content. */
const running = (command: string): ModelStandIn.ModelScript => (call) =>
  Effect.succeed(
    call.messages.some((message) => message.toolResults.length > 0)
      ? ModelStandIn.text("Done as asked.")
      : ModelStandIn.tools([{ name: "shell", input: { command } }])
  )

describe("a session on a terminal", () => {
  it.scopedLive("shows a command's output while the command runs, and usage in the status line and the closing one", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { dataDir, repo, terminal: open } = yield* World.make({
        model: running("echo one tick; until [ -e go ]; do sleep 0.1; done; rm go; echo b > b.txt; echo all done")
      })
      const terminal = yield* open(["run", "Add b.txt", "--repo", repo])
      yield* terminal.sees("one tick")
      const id = idOf(yield* terminal.output)
      yield* terminal.sees(/ · [\d,]+ in, \d+ out, \$0\.\d+ \(\d+s\)/)
      yield* fs.writeFileString(`${dataDir}/workspaces/${id}/repo/go`, "")
      yield* terminal.sees("all done")
      assert.strictEqual(yield* terminal.ended, 0)
      const lines = (yield* terminal.screen).filter((line) => line !== "")
      assert.match(lines.at(-2) ?? "", /^1 round, 1 review, (\d+m )?\d+s, [\d,]+ in, [\d,]+ out, \$0\.\d+$/)
      assert.strictEqual(lines.at(-1), `opentl/${id}`)
      assert.isEmpty(lines.filter((line) => /^\d\d:\d\d:\d\d usage/.test(line)))
      assert.notMatch(yield* terminal.output, /timestamp=|fiber=/)
    }).pipe(Effect.provide(World.live)))

  it.scopedLive("tells a failure once, and wraps what is longer than the terminal is wide by then", () =>
    Effect.gen(function*() {
      const agent =
        "echo at work; until [ -e go ]; do sleep 0.1; done; printf '    %s\\n' \"$(seq -s ' ' 1 40)\"; echo no luck; exit 3"
      const fs = yield* FileSystem.FileSystem
      const { dataDir, repo, terminal: open } = yield* World.make({ agent })
      const terminal = yield* open(["run", "Add b.txt", "--repo", repo], { environment: { NO_COLOR: "1" } })
      yield* terminal.sees("at work")
      const id = idOf(yield* terminal.output)
      yield* terminal.resize(60)
      yield* fs.writeFileString(`${dataDir}/workspaces/${id}/repo/go`, "")
      assert.strictEqual(yield* terminal.ended, 1)
      const output = yield* terminal.output
      assert.notMatch(output, /\x1b/)
      const lines = output.split("\r\n")
      const at = lines.findIndex((line) => line.includes("output      1 2 3"))
      assert.deepStrictEqual(lines.slice(at, at + 4).map((line) => line.slice(9)), [
        "output      1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
        "            17 18 19 20 21 22 23 24 25 26 27 28 29",
        "            30 31 32 33 34 35 36 37 38 39 40",
        "output  no luck"
      ])
      assert.strictEqual(
        lines.at(-2),
        `error: session ${id} failed: the agent exited with code 3 (see opentl logs ${id})`
      )
      assert.strictEqual(output.split("no luck").length, 2)
      assert.strictEqual(output.split("code 3").length, 2)
    }).pipe(Effect.provide(World.live)))

  it.scopedLive("is left alone on a server by Ctrl-C, which says how to come back", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { dataDir, environment, repo, run, terminal: open } = yield* World.make({
        agent: "echo at work; until [ -e go ]; do sleep 0.1; done; rm go; echo b >> b.txt",
        environment: { OPENTL_ADDR: "127.0.0.1:0" }
      })
      yield* Program.serve(environment)
      const terminal = yield* open(["run", "Add b.txt", "--repo", repo])
      yield* terminal.sees("at work")
      const id = idOf(yield* terminal.output)
      yield* terminal.keys(keys.ctrlC)
      yield* terminal.sees(`detached: the session continues; watch it with opentl logs ${id} --follow`)
      assert.strictEqual(yield* terminal.ended, 130)
      yield* fs.writeFileString(`${dataDir}/workspaces/${id}/repo/go`, "")
      const followed = yield* run("logs", id, "--follow", "--json")
      assert.strictEqual(followed.code, 0)
      assert.include(followed.out, "\"end\":\"complete\"")
    }).pipe(Effect.provide(World.live)))
})

describe("a session in a pipe", () => {
  /** A shell line with `opentl` in it: its output, and the exit codes of its parts. */
  const shell = (environment: Readonly<Record<string, string>>, line: string) =>
    Effect.scoped(Effect.gen(function*() {
      const script =
        `opentl() { "${process.execPath}" "${Program.binary}" "$@"; }; ${line}; echo "codes: \${PIPESTATUS[*]}"`
      const running = yield* Command.start(Command.make("bash", "-c", script).pipe(Command.env(environment)))
      const [out, err] = yield* Effect.all([
        running.stdout.pipe(Stream.decodeText(), Stream.mkString),
        running.stderr.pipe(Stream.decodeText(), Stream.mkString)
      ], { concurrency: "unbounded" })
      return { err, out }
    }))

  it.scopedLive("is quiet about a reader that leaves, and leaves no session at work that nobody else has", () =>
    Effect.gen(function*() {
      const { environment, repo, run } = yield* World.make({
        agent: "while echo working; do sleep 0.1; done"
      })
      const left = yield* shell(environment, `opentl run "Add b.txt" --repo ${repo} | head -n 2`)
      assert.match(left.out, /\ncodes: 0 0\n$/)
      assert.notInclude(left.err, "EPIPE")
      assert.notInclude(left.err, "error:")
      const id = idOf(left.err)
      assert.include((yield* run("status", id, "--json")).out, "\"cancelled\"")
      const read = yield* shell(environment, `opentl logs ${id} | head -n 1`)
      assert.match(read.out, /^\d\d:\d\d:\d\d status {2}session created by .*\ncodes: 0 0\n$/)
      assert.match(read.err, /^no server is reachable: reading .*\n$/)
    }).pipe(Effect.provide(World.live)))

  it.scopedLive("is plain text, a line an event, without colours and without wrapping", () =>
    Effect.gen(function*() {
      const { repo, run } = yield* World.make({
        agent: "printf '\\033[32m%s\\033[0m\\n' \"$(seq -s ' ' 1 200)\"; echo b >> b.txt"
      })
      const { code, out } = yield* run("run", "Add b.txt", "--repo", repo)
      assert.strictEqual(code, 0)
      assert.notInclude(out, "\x1b")
      assert.match(out, /\n\d\d:\d\d:\d\d output {2}1 2 3 .* 199 200\n/)
      assert.include(out, "                 1. add `b.txt`\n")
      assert.match(out, /\nopentl\/[0-9a-f]{12}\n$/)
    }).pipe(Effect.provide(World.live)))
})
