/** The real server and the real client, found by each other through the data directory. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import { commands } from "../../src/cli/AllCommands.ts"
import { program } from "../../src/cli/Cli.ts"
import { parts } from "../../src/parts.ts"
import { Captured, makeProcess, withEnvironment } from "./Harness.ts"

/** Tells what has been written first. */
class Watched extends Captured {
  readonly written = Deferred.unsafeMake<string>(FiberId.none)
  override _write(chunk: Buffer, encoding: string, done: (error?: Error | null) => void): void {
    super._write(chunk, encoding, done)
    Deferred.unsafeDone(this.written, Exit.succeed(this.text))
  }
}

const prepare = (dataDir: string) => {
  const environment = withEnvironment({
    OPENTL_SERVER: "",
    OPENTL_DATA_DIR: dataDir,
    OPENTL_ADDR: "127.0.0.1:0",
    OPENTL_SANDBOX: "local",
    OPENTL_EGRESS: "none"
  })
  const start = (args: ReadonlyArray<string>, stdout = new Captured(false, 80)) => {
    const { process, stderr } = makeProcess(args, { stdout })
    const ended = program(process, parts, commands).pipe(
      environment,
      Effect.exit,
      Effect.map(() => ({ code: process.exitCode, out: stdout.text, err: stderr.text }))
    )
    return { ended, process }
  }
  return { start, run: (...args: ReadonlyArray<string>) => start(args).ended }
}

describe("a server and its commands", () => {
  it.scopedLive("find each other by the data directory, which has one owner", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* fs.makeTempDirectoryScoped()
      const { run, start } = prepare(dataDir)

      const stdout = new Watched(false, 80)
      const server = start(["serve"], stdout)
      const serving = yield* Effect.fork(server.ended)
      const line = yield* Deferred.await(stdout.written)
      assert.match(
        line,
        /^opentl serves http:\/\/127\.0\.0\.1:\d+\n {2}data .*\n {2}token .*\n {2}sandbox {2}local .*\n {2}bots {5}none\n$/
      )
      const token = (yield* fs.readFileString(`${dataDir}/token`)).trim()
      assert.isNotEmpty(token)
      assert.notInclude(line, token)

      assert.deepStrictEqual(yield* run("list", "--json"), { code: 0, out: "[]\n", err: "" })
      const missing = yield* run("status", "ffffffffffff")
      assert.deepStrictEqual(missing, {
        code: 1,
        out: "",
        err: "error: there is no session ffffffffffff (opentl list shows the sessions)\n"
      })

      const second = yield* run("serve")
      assert.strictEqual(second.code, 1)
      assert.match(second.err, /^error: [^\n]* is in use by the server at http:[^\n]*\n$/)

      yield* Fiber.interrupt(serving)
      assert.strictEqual(server.process.exitCode, 0)
      assert.deepStrictEqual(yield* run("list", "--json"), {
        code: 0,
        out: "[]\n",
        err: `no server is reachable: reading ${dataDir}\n`
      })
    }).pipe(Effect.provide(NodeContext.layer)))
})
