import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Forge from "../../../src/services/forge/Forge.ts"
import { Git } from "../../../src/services/git/Git.ts"
import { programOf } from "../../../src/services/git/GitCommand.ts"
import * as GitFailure from "../../../src/services/git/GitFailure.ts"
import { Programs } from "../../../src/services/programs/Programs.ts"
import * as Support from "../../support/Git.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const secret = "Basic eC1hY2Nlc3MtdG9rZW46Z2hwX3NlY3JldA=="
const remote: Forge.Remote = {
  url: "https://github.test/acme/app.git",
  authorization: Option.some(Redacted.make(secret))
}

describe("a program for a call", () => {
  it("keeps the credential out of the arguments, and lets nothing of the server's environment in", () => {
    const { args, command, environment } = programOf({ PATH: "/bin" }, {
      operation: "push",
      directory: "/srv/mirror.git",
      args: ["push", "--", remote.url, "a:refs/heads/b"],
      remote
    })
    assert.notInclude([command, ...args].join(" "), "eC1hY2Nlc3")
    const values = Object.entries(environment)
    assert.deepStrictEqual(values.flatMap(([key, value]) => value.includes(secret) ? [key.replace(/\d+$/, "")] : []), [
      "GIT_CONFIG_VALUE_"
    ])
    const keys = values.flatMap(([key, value]) => key.startsWith("GIT_CONFIG_KEY_") ? [value] : [])
    assert.include(keys, `http.${remote.url}.extraHeader`)
    assert.deepInclude(environment, {
      PATH: "/bin",
      GIT_CONFIG_COUNT: `${keys.length}`,
      GIT_CEILING_DIRECTORIES: "/srv"
    })
    assert.deepStrictEqual(
      Object.keys(environment).filter((name) => !name.startsWith("GIT_CONFIG_")).sort(),
      ["GIT_CEILING_DIRECTORIES", "PATH"]
    )
  })
})

describe("GitFailure", () => {
  it("says the telling line, without prefixes", () => {
    const said = (stderr: string) => GitFailure.reasonOf(stderr, 128)
    assert.strictEqual(said("warning: a\nfatal: bad thing\nhint: try this\n"), "bad thing")
    assert.strictEqual(said(""), "exit code 128")
    assert.strictEqual(said("error: unable to write: No space left on device\nfatal: gone\n"), "the disk is full")
    assert.include(said("fatal: Authentication failed for 'https://github.test/'"), "GITHUB_TOKEN")
    assert.include(
      said("remote: Permission to acme/app.git denied to bot.\nfatal: ... error: 403"),
      "Contents: read and write"
    )
  })

  it("takes secrets out", () => {
    const text = `Authorization: ${secret} and https://x-access-token:ghp_secret@github.test/a`
    assert.strictEqual(GitFailure.scrub(text), "Authorization: Basic *** and https://***@github.test/a")
  })

  it("tells passing failures from lasting ones", () => {
    assert.isTrue(GitFailure.isTransient("fatal: unable to access 'x': The requested URL returned error: 503"))
    assert.isTrue(GitFailure.isTransient("fatal: unable to access 'x': Failed to connect to h port 443"))
    assert.isTrue(GitFailure.isTransient("error: RPC failed; curl 56 Recv failure"))
    assert.isFalse(GitFailure.isTransient("error: RPC failed; HTTP 403 The requested URL returned error: 403"))
    assert.isFalse(GitFailure.isTransient("fatal: repository 'x' not found"))
  })
})

layer(NodeContext.layer, { excludeTestServices: true })("Git", (it) => {
  const make = Effect.gen(function*() {
    const dataDir = yield* Support.temporary
    const context = yield* Layer.build(
      Git.layer.pipe(Layer.provide(Programs.layerDirect), Layer.provide(layerConfig({ dataDir })))
    )
    return { dataDir, git: yield* Effect.provide(Git, context) }
  })

  it.scoped("gives output and exit code, and fails with git's words", () =>
    Effect.gen(function*() {
      const { git } = yield* make
      const directory = yield* Support.repository()
      const log = yield* git.run({ operation: "log", directory, args: ["log", "--format=%s"] })
      assert.deepInclude(log, { stdout: "A commit\n", exitCode: 0, isCut: false })
      const call = { operation: "log", directory, args: ["log", "nowhere"] }
      assert.strictEqual((yield* git.exec(call)).exitCode, 128)
      const error = yield* Effect.flip(git.run(call))
      assert.include(error.message, "git log failed: ambiguous argument 'nowhere'")
      const absent = yield* Effect.flip(git.run({ ...call, directory: "/nonexistent/place" }))
      assert.include(absent.message, "the directory /nonexistent/place does not exist")
    }))

  it.scoped("keeps as much output as was asked for, and ends what would go on", () =>
    Effect.gen(function*() {
      const { git } = yield* make
      const directory = yield* Support.repository({ "big.txt": "0123456789\n".repeat(500_000) })
      const args = ["cat-file", "blob", "HEAD:big.txt"]
      const cut = yield* git.run({ operation: "read", directory, args, maxBytes: 25 })
      assert.deepInclude(cut, { stdout: "0123456789\n0123456789\n012", isCut: true })
      const whole = yield* git.run({ operation: "read", directory, args, maxBytes: 6_000_000 })
      assert.deepInclude({ ...whole, stdout: whole.stdout.length }, { stdout: 5_500_000, isCut: false })
    }))

  it.scoped("kills what does not listen when it is interrupted", () =>
    Effect.gen(function*() {
      const { git } = yield* make
      const fs = yield* FileSystem.FileSystem
      const directory = yield* Support.repository()
      // an alias runs a shell, which here ignores the polite signal and says that it is there
      yield* Support.git(
        directory,
        "config",
        "alias.stubborn",
        "!trap '' TERM; echo $$ > pid; while :; do sleep 1; done"
      )
      yield* Command.exitCode(Command.make("mkfifo", `${directory}/pid`))
      const fiber = yield* Effect.fork(git.run({ operation: "test", directory, args: ["stubborn"] }))
      const pid = (yield* Command.string(Command.make("cat", `${directory}/pid`))).trim()
      const isRunning = fs.readFileString(`/proc/${pid}/status`).pipe(
        Effect.map((status) => !/^State:\s+[ZX]/m.test(status)),
        Effect.orElseSucceed(() => false)
      )
      assert.isTrue(yield* isRunning)
      yield* Fiber.interrupt(fiber)
      assert.isFalse(yield* isRunning)
    }))

  it.scoped("reads repositories of other owners, and nobody's configuration", () =>
    Effect.gen(function*() {
      const { dataDir, git } = yield* make
      const fs = yield* FileSystem.FileSystem
      const directory = yield* Support.repository()
      const config = yield* git.run({ operation: "config", directory, args: ["config", "--list", "--show-origin"] })
      const origins = new Set(config.stdout.split("\n").flatMap((line) => line === "" ? [] : [line.split("\t")[0]]))
      assert.deepStrictEqual(
        origins,
        new Set([`file:${dataDir}/mirrors/.git-home/config`, "file:.git/config", "command line:"])
      )
      assert.include(yield* fs.readFileString(`${dataDir}/mirrors/.git-home/config`), "directory = *")
    }))
})
