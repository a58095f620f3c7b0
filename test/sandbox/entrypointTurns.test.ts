/** Where a turn after the first begins: at the commit that the server names, with work that was not pushed on top. */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SandboxRuntime } from "./SandboxRuntime.ts"
import { makeSession, markers } from "./SessionWorkspace.ts"

const files = { "README.md": "hello\n", "a.txt": "a\n" }

layer(SandboxRuntime.layer, { excludeTestServices: true })(
  "entrypoint.sh, a later turn",
  (it) => {
    it.scoped("starts from what was pushed and from what people pushed on top; only its own work comes out", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const session = yield* makeSession(files)
        yield* session.round("echo one > one.txt; git add -A; git commit -qm 'my own'; echo two > two.txt")
        const pushed = yield* session.asOneCommit(session.base)
        const theirs = yield* session.person(pushed, "theirs.txt", "theirs\n")
        const { lines, result } = yield* session.turn(
          2,
          theirs,
          "git log --format=%s; git status --short; cat *.txt; echo 3 > three.txt",
          {
            known: session.base,
            pushedTurn: 1
          }
        )
        assert.deepStrictEqual(lines.slice(0, -1), [
          "###OPENTL_STATUS### Continuing in the workspace",
          "###OPENTL_STATUS### Running agent (command)",
          "A person's theirs.txt",
          "The turn's work",
          "first",
          ...["a", "one", "theirs", "two"]
        ])
        assert.strictEqual(result?.notes, "")
        yield* session.takeResult
        assert.strictEqual(yield* session.git("diff", "--name-status", theirs, "result"), "A\tthree.txt")
        assert.strictEqual(yield* session.git("rev-list", "--count", `${theirs}..result`), "1")
        const bundle = yield* fs.readFile(`${session.workspace}/out/result.bundle`)
        assert.include(new TextDecoder("latin1").decode(bundle.subarray(0, 100)), `-${theirs}`)
      }))

    it.scoped("goes on in the next round where the last one ended", () =>
      Effect.gen(function*() {
        const session = yield* makeSession(files)
        yield* session.round("true")
        const theirs = yield* session.person(session.base, "theirs.txt", "theirs\n")
        yield* session.turn(2, theirs, "echo one > one.txt", { known: session.base })
        const { lines } = yield* session.turn(2, theirs, "cat one.txt theirs.txt; echo two > two.txt", {
          round: 2,
          bundle: false
        })
        assert.deepStrictEqual(lines.slice(2, 4), ["one", "theirs"])
        yield* session.takeResult
        assert.strictEqual(yield* session.git("diff", "--name-status", theirs, "result"), "A\tone.txt\nA\ttwo.txt")
      }))

    it.scoped("brings along what an earlier turn committed or left lying and nobody pushed", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const session = yield* makeSession(files)
        yield* session.round("echo committed > committed.txt; exit 1")
        // a killed agent's
        yield* fs.writeFileString(`${session.repository}/lying.txt`, "lying\n")
        yield* fs.writeFileString(`${session.repository}/a.txt`, "changed\n")
        const theirs = yield* session.person(session.base, "theirs.txt", "theirs\n")
        const { lines } = yield* session.turn(2, theirs, "git status --short; cat *.txt", { known: session.base })
        assert.deepStrictEqual(lines.slice(1, -1), [
          "###OPENTL_STATUS### Work of an earlier turn that was not pushed is on the branch again",
          "###OPENTL_STATUS### Running agent (command)",
          ...["changed", "committed", "lying", "theirs"]
        ])
        yield* session.takeResult
        assert.strictEqual(
          yield* session.git("diff", "--name-status", theirs, "result"),
          "M\ta.txt\nA\tcommitted.txt\nA\tlying.txt"
        )
      }))

    it.scoped("tells of conflicts, leaves them to the agent, and loses neither side", () =>
      Effect.gen(function*() {
        const session = yield* makeSession(files)
        yield* session.round("echo ours > a.txt; echo new > new.txt; exit 1")
        const theirs = yield* session.person(session.base, "a.txt", "theirs\n")
        const { lines, result } = yield* session.turn(
          2,
          theirs,
          "cat \"$OPENTL_PROMPT_FILE\"; cat a.txt; git status --short; echo both > a.txt",
          { known: session.base }
        )
        const [said] = markers(lines).filter((line) => line.includes("conflicts"))
        assert.match(said ?? "", /^STATUS Unpushed work of an earlier turn conflicts .* in: a\.txt\. /)
        const text = lines.join("\n")
        assert.match(
          text,
          /About this sandbox:\n\n- Unpushed work of an earlier turn .* in: a\.txt\. .*resolve the conflicts/
        )
        assert.match(text, /<<<<<<< [^\n]*\ntheirs\n=======\nours\n>>>>>>> [^\n]*\nUU a\.txt\nA {2}new\.txt/)
        assert.include(result?.notes ?? "", "conflicts")
        yield* session.takeResult
        assert.strictEqual(yield* session.git("show", "result:a.txt"), "both")
        assert.strictEqual(yield* session.git("diff", "--name-status", theirs, "result"), "M\ta.txt\nA\tnew.txt")
      }))

    it.scoped("takes a rewritten branch as it is: what was pushed before is not put back, what was not comes along", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const session = yield* makeSession(files)
        yield* session.round("echo pushed > pushed.txt")
        yield* session.asOneCommit(session.base)
        yield* fs.writeFileString(`${session.repository}/later.txt`, "later\n")
        const theirs = yield* session.person(session.base, "theirs.txt", "theirs\n")
        const { lines } = yield* session.turn(2, theirs, "cat *.txt; exit 1", { known: session.base, pushedTurn: 1 })
        assert.deepStrictEqual(lines.slice(3, 6), ["a", "later", "theirs"])
        // and they go back to where all began, while the second turn's work is still not pushed
        const { lines: third } = yield* session.turn(3, session.base, "cat *.txt", { pushedTurn: 1 })
        assert.deepStrictEqual(third.slice(3, 5), ["a", "later"])
        assert.strictEqual(yield* session.changedFiles, "A\tlater.txt")
      }))

    it.scoped("goes on with a move that was cut short", () =>
      Effect.gen(function*() {
        const session = yield* makeSession(files)
        yield* session.round("echo work > work.txt; exit 1")
        const theirs = yield* session.person(session.base, "theirs.txt", "theirs\n")
        // the sandbox died when the branch was moved and the work not yet brought along
        yield* session.inside("fetch", "-q", `${session.workspace}/../origin`, theirs)
        yield* session.inside("update-ref", "refs/opentl/moving", "HEAD")
        yield* session.inside("checkout", "-q", "-f", "-B", "opentl/abc123def456", theirs)
        const { lines } = yield* session.turn(2, theirs, "cat *.txt", { known: session.base })
        assert.deepStrictEqual(lines.slice(3, 6), ["a", "theirs", "work"])
        yield* session.takeResult
        assert.strictEqual(yield* session.git("diff", "--name-status", theirs, "result"), "A\twork.txt")
        assert.strictEqual(yield* session.inside("for-each-ref", "refs/opentl/moving"), "")
      }))

    it.scoped("moves a workspace that an earlier version left, whose commits were pushed as they were", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const session = yield* makeSession(files)
        yield* session.round("echo pushed > pushed.txt")
        yield* session.takeResult
        const pushed = yield* session.git("rev-parse", "result")
        yield* fs.remove(`${session.repository}/.git/refs/opentl`, { recursive: true })
        yield* fs.writeFileString(`${session.repository}/later.txt`, "later\n")
        const theirs = yield* session.person(pushed, "theirs.txt", "theirs\n")
        const { lines } = yield* session.turn(2, theirs, "cat *.txt", { known: pushed, pushedTurn: 1 })
        assert.deepStrictEqual(lines.slice(3, 7), ["a", "later", "pushed", "theirs"])
        yield* session.takeResult
        assert.strictEqual(yield* session.git("diff", "--name-status", theirs, "result"), "A\tlater.txt")
      }))

    it.scoped("puts work that was collected and not pushed into a workspace that is made anew", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const session = yield* makeSession(files)
        yield* session.round("echo work > work.txt")
        const work = yield* session.asOneCommit(session.base)
        yield* fs.remove(session.workspace, { recursive: true })
        yield* fs.makeDirectory(`${session.workspace}/in`, { recursive: true })
        const theirs = yield* session.person(session.base, "theirs.txt", "theirs\n")
        const { lines } = yield* session.turn(2, theirs, "cat *.txt", { work })
        assert.deepStrictEqual(lines.slice(0, -1), [
          "###OPENTL_STATUS### Cloning repository",
          "###OPENTL_STATUS### Work of an earlier turn that was not pushed is on the branch again",
          "###OPENTL_STATUS### Running agent (command)",
          ...["a", "theirs", "work"]
        ])
      }))

    it.scoped("puts all the commits of such work into it, where each round had its own", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const session = yield* makeSession(files)
        yield* session.round("echo one > one.txt")
        const one = yield* session.asOneCommit(session.base)
        yield* session.round("echo two > two.txt", { env: { OPENTL_ROUND: "2" } })
        const work = yield* session.asOneCommit(one)
        yield* fs.remove(session.workspace, { recursive: true })
        yield* fs.makeDirectory(`${session.workspace}/in`, { recursive: true })
        const theirs = yield* session.person(session.base, "theirs.txt", "theirs\n")
        const { lines } = yield* session.turn(2, theirs, "cat *.txt", { work, workStart: session.base })
        assert.deepStrictEqual(lines.slice(3, -1), ["a", "one", "theirs", "two"])
      }))

    it.scoped("puts a repository aside that the agent broke, where all is there for a new one; else leaves it", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const session = yield* makeSession(files)
        yield* session.round("echo work > work.txt")
        const pushed = yield* session.asOneCommit(session.base)
        yield* fs.remove(`${session.repository}/.git/objects`, { recursive: true })
        const broken = yield* session.turn(2, pushed, "true", { known: session.base, pushedTurn: 1 })
        assert.strictEqual(broken.exitCode, 70)
        assert.strictEqual(markers(broken.lines).at(-1), "ERROR The workspace's repository can no longer be used")
        assert.strictEqual(yield* fs.readFileString(`${session.repository}/work.txt`), "work\n")
        const { exitCode, lines, result } = yield* session.turn(3, pushed, "cat *.txt", { pushedTurn: 1 })
        assert.strictEqual(exitCode, 0)
        assert.include(lines.join("\n"), "\na\nwork\n")
        assert.include(result?.notes ?? "", "was recreated")
        assert.isTrue(yield* fs.exists(`${session.repository}.broken/work.txt`))
      }))
  }
)
