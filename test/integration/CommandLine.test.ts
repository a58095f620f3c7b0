/** The built program as people call it: help, mistakes, and the repository of the directory it is called in. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { git } from "../support/Git.ts"
import * as Loopback from "../support/Loopback.ts"
import * as Program from "../support/Program.ts"

/** What a command prints and exits with, called in a directory. */
const ended = (command: Command.Command) =>
  Effect.scoped(Effect.gen(function*() {
    const running = yield* Command.start(command)
    const [out, err, code] = yield* Effect.all([
      running.stdout.pipe(Stream.decodeText(), Stream.mkString),
      running.stderr.pipe(Stream.decodeText(), Stream.mkString),
      running.exitCode
    ], { concurrency: "unbounded" })
    return { out, err, code: Number(code) }
  }))

describe("help and mistakes", () => {
  it.live("are what the pages say, as wide as COLUMNS", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      for (const columns of ["60", "120"]) {
        const page = yield* fs.readFileString(
          new URL(`../cli/help/sandbox-build.${columns}.txt`, import.meta.url).pathname
        )
        const help = yield* Program.run({ COLUMNS: columns }, "sandbox", "build", "--help")
        assert.deepStrictEqual(help, { out: page, err: "", code: 0 })
      }
    }).pipe(Effect.provide(NodeContext.layer)))

  it.live("exit with 2 and one line", () =>
    Effect.gen(function*() {
      for (
        const [args, said] of [
          [["lsit"], /^error: unknown command "lsit": did you mean opentl list\? [^\n]*\n$/],
          [["logs", "4f", "--folow"], /^error: unknown option --folow: did you mean --follow\? [^\n]*\n$/],
          [["run", "--plan-onyl"], /^error: unknown option --plan-onyl: did you mean --plan-only\? [^\n]*\n$/],
          [["run"], /^error: missing argument <task>; usage: opentl run "<task>" \[options\][^\n]*\n$/]
        ] as const
      ) {
        const { code, err, out } = yield* Program.run({}, ...args)
        assert.deepStrictEqual([code, out], [2, ""])
        assert.match(err, said)
      }
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("run", () => {
  const world = Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-cli-" })
    const environment = {
      OPENTL_DATA_DIR: `${directory}/data`,
      OPENTL_ADDR: "127.0.0.1:1",
      OPENTL_SANDBOX: "local",
      OPENTL_AGENT: "command:true",
      OPENTL_EGRESS: "none"
    }
    const clone = `${directory}/clone`
    yield* fs.makeDirectory(clone)
    const opentl = (...args: ReadonlyArray<string>) =>
      ended(Program.command(environment, ...args).pipe(Command.workingDirectory(clone)))
    return { clone, environment, opentl }
  })

  it.scopedLive("without --repo is about the GitHub remote of the clone it is called in, and says so", () =>
    Effect.gen(function*() {
      const { clone, opentl } = yield* world
      yield* git(clone, "init", "--quiet")
      yield* git(clone, "remote", "add", "origin", "https://x:ghs_secret@github.com/acme/widgets.git")
      const { code, err, out } = yield* opentl("run", "Fix it", "--detach", "--plan-only")
      assert.strictEqual(code, 0, err)
      assert.include(err, "repository: acme/widgets, the remote origin of this clone (choose another with --repo)\n")
      assert.notInclude(err, "ghs_secret")
      const listed = yield* opentl("list", "--json", "--repo", "git@github.com:acme/widgets.git")
      const sessions: ReadonlyArray<{ readonly id: string; readonly repo: string }> = JSON.parse(listed.out)
      assert.deepStrictEqual(sessions.map(({ id, repo }) => [id, repo]), [[out.trim(), "acme/widgets"]])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("has to be told elsewhere, and says what could be given", () =>
    Effect.gen(function*() {
      const { clone, opentl } = yield* world
      const outside = yield* opentl("run", "Fix it")
      assert.strictEqual(outside.code, 2)
      assert.match(outside.err, /^error: --repo is missing: give owner\/name [^\n]*\n$/)
      yield* git(clone, "init", "--quiet")
      const local = yield* opentl("run", "Fix it")
      assert.strictEqual(local.code, 2)
      assert.match(local.err, /^error: --repo is missing: [^\n]*; here: --repo \. \([^\n]*no remote on GitHub\)\n$/)
      yield* git(clone, "remote", "add", "fork", "git@github.com:ada/widgets.git")
      yield* git(clone, "remote", "add", "upstream", "git@github.com:acme/widgets.git")
      const several = yield* opentl("run", "Fix it")
      assert.strictEqual(several.code, 2)
      assert.match(several.err, /give --repo ada\/widgets \(fork\) or --repo acme\/widgets \(upstream\)\n$/)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("refuses an address on another server with what is accepted", () =>
    Effect.gen(function*() {
      const { opentl } = yield* world
      const { code, err } = yield* opentl("run", "Fix it", "--detach", "--repo", "https://gitlab.com/acme/widgets")
      assert.strictEqual(code, 2)
      assert.match(
        err,
        /error: repo: "https:\/\/gitlab\.com\/acme\/widgets" is not on https:\/\/github\.com: give owner\/name [^\n]*\n$/
      )
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("doctor", () => {
  it.scopedLive("prints a line while it waits for another", () =>
    Effect.gen(function*() {
      const seen = yield* Deferred.make<void>()
      const github = yield* Loopback.serve(() =>
        Effect.as(Deferred.await(seen), HttpServerResponse.unsafeJson({ login: "ada" }))
      )
      const environment = {
        GITHUB_TOKEN: "ghp_0123456789",
        GITHUB_API_URL: github,
        OPENTL_DATA_DIR: "/tmp",
        OPENTL_SANDBOX: "local",
        OPENTL_EGRESS: "none"
      }
      const running = yield* Command.start(Program.command(environment, "doctor"))
      const lines = yield* running.stdout.pipe(
        Stream.decodeText(),
        Stream.splitLines,
        // GitHub answers when something has been read: had it all been kept back, there would be no answer in time
        Stream.tap(() => Deferred.succeed(seen, undefined)),
        Stream.runCollect
      )
      assert.match([...lines].find((line) => line.includes("github")) ?? "", /^ok +github +ada, /)
      assert.isAbove(lines.length, 10)
    }).pipe(Effect.provide(NodeContext.layer)))
})
