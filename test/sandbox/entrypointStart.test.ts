/** How many programs are started in a workspace that has a repository before its agent begins: a person waits for each. */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SandboxRuntime } from "./SandboxRuntime.ts"
import { makeSession } from "./SessionWorkspace.ts"
import { questions, watchedPrograms } from "./WatchedPrograms.ts"

const files = { "README.md": "hello\n" }

/** What the entrypoint uses beside git. */
const others = ["cat", "chmod", "cp", "cut", "env", "head", "mkdir", "mv", "paste", "rm", "sort", "tail", "touch"]

const watched = watchedPrograms(["git", ...others])

/** The names of the others, without those that hand the agent over to what runs it. */
const besides = (started: ReadonlyArray<string>) =>
  started.flatMap((line) => line.split(" ")[0] ?? []).filter((name) => name !== "git" && name !== "env")

layer(SandboxRuntime.layer, { excludeTestServices: true })("before its agent begins", (it) => {
  it.scoped("a first round that has the remote's objects asks git three things", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const session = yield* makeSession(files)
      yield* fs.remove(`${session.workspace}/in/repository.bundle`)
      const { env, keep, startedBefore } = yield* watched
      const { exitCode } = yield* session.turn(1, session.base, keep, {
        bundle: false,
        env: { ...env, OPENTL_REMOTE_OBJECTS: `${session.origin}/.git/objects` }
      })
      assert.strictEqual(exitCode, 0)
      const started = yield* startedBefore
      assert.deepStrictEqual(questions(started), ["init", "checkout", "update-ref"])
      // the directories of the round, those of the repository
      assert.deepStrictEqual(besides(started), ["mkdir", "mkdir"])
      assert.strictEqual(
        yield* session.inside("for-each-ref", "--format=%(refname) %(objectname)", "refs/opentl/start", "refs/remotes"),
        `refs/opentl/start/1 ${session.base}\nrefs/remotes/origin/opentl/abc123def456 ${session.base}`
      )
    }))

  it.scoped("a further round of a turn asks git one thing", () =>
    Effect.gen(function*() {
      const session = yield* makeSession(files)
      yield* session.round("echo one >one.txt")
      const { env, keep, startedBefore } = yield* watched
      const { exitCode } = yield* session.round(keep, { env: { ...env, OPENTL_ROUND: "2" } })
      assert.strictEqual(exitCode, 0)
      const started = yield* startedBefore
      assert.deepStrictEqual(questions(started), ["for-each-ref"])
      // what the last round left, the directories of this one
      assert.deepStrictEqual(besides(started), ["rm", "mkdir"])
    }))

  it.scoped("a further turn on what was pushed asks git five things, and checks nothing out", () =>
    Effect.gen(function*() {
      const session = yield* makeSession(files)
      yield* session.round("echo one >one.txt")
      const pushed = yield* session.asOneCommit(session.base)
      const { env, keep, startedBefore } = yield* watched
      const { exitCode } = yield* session.turn(2, pushed, keep, { known: session.base, pushedTurn: 1, env })
      assert.strictEqual(exitCode, 0)
      const started = yield* startedBefore
      assert.deepStrictEqual([...questions(started)].sort(), [
        ...["bundle", "for-each-ref", "rev-parse", "status", "update-ref"]
      ])
      // and the bundle is removed
      assert.deepStrictEqual(besides(started), ["rm", "mkdir", "rm"])
      assert.strictEqual(
        yield* session.inside("rev-parse", "HEAD", "origin/opentl/abc123def456"),
        `${pushed}\n${pushed}`
      )
      assert.strictEqual(
        yield* session.inside("for-each-ref", "--format=%(refname) %(objectname)", "refs/opentl/start"),
        `refs/opentl/start/2 ${pushed}`
      )
    }))

  it.scoped("a further turn on what people pushed checks it out, for two questions more", () =>
    Effect.gen(function*() {
      const session = yield* makeSession(files)
      yield* session.round("echo one >one.txt")
      const theirs = yield* session.person(yield* session.asOneCommit(session.base), "theirs.txt", "theirs\n")
      const { env, keep, startedBefore } = yield* watched
      const { lines } = yield* session.turn(2, theirs, `${keep}; cat *.txt`, {
        known: session.base,
        pushedTurn: 1,
        env
      })
      assert.deepStrictEqual(lines.slice(2, -1), ["one", "theirs"])
      assert.deepStrictEqual([...questions(yield* startedBefore)].sort(), [
        ...["bundle", "checkout", "for-each-ref", "rev-parse", "status", "update-ref", "update-ref"]
      ])
    }))

  it.scoped("a further turn finds what lies around, whatever the agent told git to show, and runs nothing of its settings", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const session = yield* makeSession(files)
      yield* session.round("echo one >one.txt")
      const pushed = yield* session.asOneCommit(session.base)
      const ran = `${session.workspace}/ran`
      yield* session.inside("config", "status.showUntrackedFiles", "no")
      yield* session.inside("config", "core.fsmonitor", `touch ${ran}; false`)
      yield* session.inside("config", "core.untrackedCache", "true")
      yield* fs.writeFileString(`${session.repository}/lying.txt`, "lying\n")
      const { lines } = yield* session.turn(2, pushed, `cat *.txt`, { known: session.base, pushedTurn: 1 })
      assert.deepStrictEqual(lines.slice(3, -1), ["lying", "one"])
      assert.isFalse(yield* fs.exists(ran))
    }))

  it.scoped("a further turn does not go on with a merge that was under way", () =>
    Effect.gen(function*() {
      const session = yield* makeSession(files)
      yield* session.round("echo one >one.txt")
      const pushed = yield* session.asOneCommit(session.base)
      yield* session.inside("branch", "side", yield* session.inside("commit-tree", "HEAD^{tree}", "-m", "side"))
      yield* session.inside(
        ...["merge", "-q", "-s", "ours", "--no-ff", "--no-commit", "--allow-unrelated-histories", "side"]
      )
      assert.strictEqual(yield* session.inside("status", "--porcelain"), "")
      yield* session.turn(2, pushed, "git rev-parse -q --verify MERGE_HEAD && touch merging; echo two >two.txt", {
        known: session.base,
        pushedTurn: 1
      })
      yield* session.takeResult
      assert.strictEqual(yield* session.git("log", "-1", "--format=%P", "result"), pushed)
      assert.strictEqual(yield* session.git("diff", "--name-status", pushed, "result"), "A\ttwo.txt")
    }))

  it.scoped("a further turn goes on where the object of one of its references is missing", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const session = yield* makeSession(files)
      yield* session.round("echo one >one.txt")
      yield* fs.writeFileString(`${session.repository}/.git/refs/opentl/packed`, `${"1".repeat(40)}\n`)
      yield* fs.writeFileString(`${session.repository}/lying.txt`, "lying\n")
      const { lines, result } = yield* session.turn(2, session.base, "cat *.txt", { pushedTurn: 1, bundle: false })
      assert.deepStrictEqual(lines.slice(3, -1), ["lying", "one"])
      assert.strictEqual(result?.notes, "")
    }))
})
