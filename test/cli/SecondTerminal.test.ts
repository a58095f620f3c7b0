/** A second terminal beside a run that works in its own process: it reads and follows, and is told why it cannot do more. */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Program from "../support/Program.ts"
import { keys } from "../support/Terminal.ts"
import * as World from "./World.ts"

/** An agent that works until it is let go on: by a file in its repository. */
const agent = "echo at work; until [ -e go ]; do sleep 0.1; done; rm go; echo going on; echo b >> b.txt"

const atWork = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const world = yield* World.make({ agent })
  const first = yield* world.terminal(["run", "Add b.txt", "--repo", world.repo])
  yield* first.sees("at work")
  const id = /session ([0-9a-f]{12}) on/.exec(yield* first.output)?.[1] ?? "none"
  const letGoOn = Effect.orDie(fs.writeFileString(`${world.dataDir}/workspaces/${id}/repo/go`, ""))
  return { ...world, first, id, letGoOn }
})

describe("beside a run in its own process", () => {
  it.scopedLive("a second terminal lists, shows and follows it; what would change it is refused in one sentence", () =>
    Effect.gen(function*() {
      const { dataDir, first, id, letGoOn, repo, run, terminal } = yield* atWork
      const listed = yield* run("list", "--json")
      assert.strictEqual(listed.code, 0, listed.err)
      assert.include(listed.out, `"id": "${id}"`)
      assert.match(listed.err, /^no server is reachable: reading .*, beside a running opentl command \(process \d+, /)
      assert.strictEqual((yield* run("status", id)).code, 0)
      assert.include((yield* run("logs", id)).out, "at work")
      assert.include((yield* run("diff", id)).err, "has changed nothing yet")

      for (const command of [["stop", id], ["message", id, "more"], ["approve", id], ["run", "x", "--repo", repo]]) {
        const { code, err, out } = yield* run(...command)
        assert.deepStrictEqual({ code, out }, { code: 1, out: "" })
        assert.include(err, `error: ${dataDir} is in use by a running opentl command (process `)
        assert.include(err, "which takes no commands from other terminals; only opentl serve does\n")
      }
      const serve = yield* run("serve")
      assert.strictEqual(serve.code, 1)
      assert.match(serve.err, /^error: .* is in use by a running opentl command \(process \d+, since .*\n$/)

      const second = yield* terminal(["logs", id, "--follow"])
      yield* second.sees("at work")
      yield* letGoOn
      yield* second.sees("going on")
      assert.strictEqual(yield* second.ended, 0)
      assert.strictEqual(yield* first.ended, 0)
      assert.include((yield* run("diff", id)).out, "+++ b/b.txt")
    }).pipe(Effect.provide(World.live)))

  it.scopedLive("a terminal that follows is told when nobody works any more, and goes on when somebody does", () =>
    Effect.gen(function*() {
      const { environment, first, id, letGoOn, run, terminal } = yield* atWork
      const second = yield* terminal(["logs", id, "--follow"])
      yield* second.sees("at work")
      const pid = Number(/process (\d+)/.exec(yield* second.output)?.[1])
      process.kill(pid, "SIGKILL")
      yield* first.ended
      yield* second.sees(`session ${id} is not moving: nothing is working on it; start opentl serve to continue it`)
      assert.include((yield* run("status", id, "--json")).out, "\"running\"")
      yield* Program.serve({ ...environment, OPENTL_ADDR: "127.0.0.1:0" })
      yield* letGoOn
      yield* second.sees("going on")
      assert.strictEqual(yield* second.ended, 0)
    }).pipe(Effect.provide(World.live)))

  it.scopedLive("Ctrl-C stops it, once and for good", () =>
    Effect.gen(function*() {
      const { first, id, run } = yield* atWork
      yield* first.keys(keys.ctrlC)
      yield* first.sees(`stopping session ${id}`)
      yield* first.sees("stopped")
      assert.strictEqual(yield* first.ended, 130)
      assert.include((yield* run("status", id, "--json")).out, "\"cancelled\"")
    }).pipe(Effect.provide(World.live)))
})
