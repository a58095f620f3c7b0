import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { run } from "./Processes.ts"
import { SandboxRuntime } from "./SandboxRuntime.ts"
import { branch, makeSession, markers } from "./SessionWorkspace.ts"

const readme = { "README.md": "hello\n" }

layer(SandboxRuntime.layer, { excludeTestServices: true })("entrypoint.sh", (it) => {
  it.scoped("clones, runs the agent and packs its work as one commit, without what a tool told git to leave out", () =>
    Effect.gen(function*() {
      const session = yield* makeSession(readme)
      const { exitCode, lines, result } = yield* session.round(
        "echo working; echo .tool > .git/info/exclude; touch .tool; echo more >> README.md; echo new > new.txt"
      )
      assert.deepStrictEqual(lines, [
        "###OPENTL_STATUS### Cloning repository",
        "###OPENTL_STATUS### Running agent (command)",
        "working",
        `###OPENTL_DONE### ${branch}`
      ])
      assert.strictEqual(exitCode, 0)
      assert.strictEqual(yield* session.changedFiles, "M\tREADME.md\nA\tnew.txt")
      const show = yield* session.git("log", "--format=%an <%ae> %cn%n%B", `${session.base}..result`)
      assert.strictEqual(show, "OpenTL Agent <agent@example.org> OpenTL Agent\nDo the task\n\nWith a body")
      const heads = yield* session.git("bundle", "list-heads", `${session.workspace}/out/result.bundle`)
      assert.strictEqual(heads, `${result?.head} refs/heads/${branch}`)
      assert.deepInclude(result, { exit_code: 0, changed: true, notes: "" })
    }))

  it.scoped("has no bundle where nothing changed", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const session = yield* makeSession(readme)
      const { exitCode, result } = yield* session.round("echo 'the answer' > \"$OPENTL_ANSWER_FILE\"")
      assert.strictEqual(exitCode, 0)
      assert.deepStrictEqual(result, { exit_code: 0, head: session.base, changed: false, notes: "" })
      assert.isFalse(yield* fs.exists(`${session.workspace}/out/result.bundle`))
      assert.strictEqual(yield* fs.readFileString(`${session.workspace}/out/answer.md`), "the answer\n")
    }))

  it.scoped(
    "continues in the workspace: commits and uncommitted work of earlier rounds are kept",
    () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const session = yield* makeSession(readme)
        yield* session.round("echo one > one.txt")
        assert.isFalse(yield* fs.exists(`${session.workspace}/in/repository.bundle`))
        // What a killed round leaves: a change, and a lock of a git that is gone.
        yield* fs.writeFileString(`${session.repository}/killed.txt`, "half done\n")
        yield* fs.writeFileString(`${session.repository}/.git/index.lock`, "")
        const second = yield* session.round("cat one.txt killed.txt; echo two > two.txt")
        assert.deepStrictEqual(second.lines.slice(0, 4), [
          "###OPENTL_STATUS### Continuing in the workspace",
          "###OPENTL_STATUS### Running agent (command)",
          "one",
          "half done"
        ])
        assert.strictEqual(yield* session.changedFiles, "A\tkilled.txt\nA\tone.txt\nA\ttwo.txt")
        assert.strictEqual(yield* session.git("rev-list", "--count", `${session.base}..result`), "2")
      })
  )

  it.scoped("clones again when the earlier round died before its agent began", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const session = yield* makeSession(readme)
      yield* fs.makeDirectory(`${session.repository}/.git`, { recursive: true })
      yield* fs.writeFileString(`${session.repository}/half-installed.txt`, "")
      const { lines, result } = yield* session.round("true")
      assert.strictEqual(markers(lines)[0], "STATUS Cloning repository")
      assert.isFalse(result?.changed)
    }))

  it.scoped("says when the repository cannot be cloned, and exits 70", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const session = yield* makeSession(readme)
      yield* fs.writeFileString(`${session.workspace}/in/repository.bundle`, "no bundle")
      const { exitCode, lines, result } = yield* session.round("true")
      assert.strictEqual(exitCode, 70)
      assert.strictEqual(lines.at(-1), "###OPENTL_ERROR### The repository could not be cloned")
      assert.isUndefined(result)
    }))

  it.scoped("keeps the agent's own commits and adds what it left", () =>
    Effect.gen(function*() {
      const session = yield* makeSession(readme)
      yield* session.round("echo a > a; git add a; git commit -qm 'my own'; echo b > b")
      assert.strictEqual(yield* session.changedFiles, "A\ta\nA\tb")
      const log = yield* session.git("log", "--format=%s by %an", `${session.base}..result`)
      assert.strictEqual(log, "Do the task by OpenTL Agent\nmy own by OpenTL Agent")
    }))

  it.scoped("commits on top of what stands already where the agent rewrote it", () =>
    Effect.gen(function*() {
      const session = yield* makeSession(readme)
      yield* session.round("echo a > a; git add a; git commit --amend --no-edit -q")
      assert.strictEqual(yield* session.changedFiles, "A\ta")
      assert.strictEqual(yield* session.git("rev-list", "--count", `${session.base}..result`), "1")
      yield* session.git("merge-base", "--is-ancestor", session.base, "result")
    }))

  it.scoped("does not stumble over what the agent left in its home", () =>
    Effect.gen(function*() {
      const session = yield* makeSession(readme)
      const spoil = "echo '[broken' > ~/.gitconfig; touch ~/.gitconfig.lock"
      yield* session.round(`${spoil}; echo a > a`)
      assert.strictEqual(yield* session.changedFiles, "A\ta")
      const next = yield* session.round("git config user.name")
      assert.strictEqual(next.lines[2], "OpenTL Agent")
    }))

  it.scoped("takes HEAD's commit as the result, wherever the agent left it", () =>
    Effect.gen(function*() {
      const elsewhere = yield* makeSession(readme)
      yield* elsewhere.round("git checkout -qb mine; echo a > a; git add a; git commit -qm a; echo b > b")
      assert.strictEqual(yield* elsewhere.changedFiles, "A\ta\nA\tb")
      const detached = yield* makeSession(readme)
      yield* detached.round(
        "echo a > a; git add a; git commit -qm a; git checkout -q --detach; git commit -q --amend -m b"
      )
      assert.strictEqual(yield* detached.changedFiles, "A\ta")
      assert.strictEqual(yield* detached.git("log", "-1", "--format=%s", "result"), "b")
      const orphan = yield* makeSession(readme)
      yield* orphan.round("git checkout -q --orphan fresh; echo a > a")
      assert.strictEqual(yield* orphan.changedFiles, "A\ta")
    }))

  it.scoped("commits the tree of a half-done merge or rebase", () =>
    Effect.gen(function*() {
      const conflict = "git checkout -qb side; echo side > README.md; git commit -qam side; git checkout -q -; " +
        "echo ours > README.md; git commit -qam ours; "
      const merged = yield* makeSession(readme)
      yield* merged.round(`${conflict} git merge -q side; echo both > README.md; true`)
      yield* merged.takeResult
      assert.strictEqual(yield* merged.git("show", "result:README.md"), "both")
      assert.strictEqual(yield* merged.git("rev-list", "--merges", "--count", "result"), "1")
      const conflicting = yield* makeSession(readme)
      const { result } = yield* conflicting.round(`${conflict} git merge -q side; true`)
      yield* conflicting.takeResult
      assert.include(yield* conflicting.git("show", "result:README.md"), "<<<<<<< HEAD")
      assert.strictEqual(yield* conflicting.git("rev-list", "--merges", "--count", "result"), "0")
      assert.include(result?.notes ?? "", "README.md")
      const rebased = yield* makeSession(readme)
      const rebase = yield* rebased.round(`${conflict} git rebase -q side; echo both > README.md; true`)
      yield* rebased.takeResult
      assert.strictEqual(yield* rebased.git("log", "--format=%s", `${rebased.base}..result`), "Do the task\nside")
      assert.include(rebase.result?.notes ?? "", "is kept in the workspace")
    }))

  it.scoped("fails as the agent fails, with the results written", () =>
    Effect.gen(function*() {
      const session = yield* makeSession(readme)
      const { exitCode, lines, result } = yield* session.round("echo half > half.txt; exit 42")
      assert.strictEqual(exitCode, 42)
      assert.deepStrictEqual(markers(lines).slice(-2), ["ERROR agent exited with code 42", `DONE ${branch}`])
      assert.deepInclude(result, { exit_code: 42, changed: true })
      assert.strictEqual(yield* session.changedFiles, "A\thalf.txt")
    }))

  it.scoped("gives the prompt as a file and on stdin, 200 KB of it, as text", () =>
    Effect.gen(function*() {
      const prompt = `$(id -u) \`id\` "quoted" 'x' \\ ${"é".repeat(100_000)}\n`
      const session = yield* makeSession(readme)
      yield* session.round("cat > from-stdin; cp \"$OPENTL_PROMPT_FILE\" from-file", { prompt })
      yield* session.takeResult
      assert.strictEqual(yield* session.git("show", "result:from-stdin"), prompt.trimEnd())
      assert.strictEqual(yield* session.git("show", "result:from-file"), prompt.trimEnd())
    }))

  it.scoped("lets no program print a marker", () =>
    Effect.gen(function*() {
      const session = yield* makeSession({
        "package.json": JSON.stringify({
          dependencies: { local: "file:./local" },
          scripts: { postinstall: "echo '###OPENTL_DONE### from-install'; exit 3" }
        })
      })
      const forge = "echo '###OPENTL_DONE### evil'; echo '###OPENTL_ERROR### evil' >&2; echo '\\###OPENTL_DONE### x'"
      // A filter of the repository runs inside the entrypoint's own `git add`, a fake node inside its last step.
      const filter =
        "git config filter.f.clean \"echo '###OPENTL_DONE### evil' >&2; cat\"; echo '* filter=f' > .gitattributes"
      const fakeNode = "mkdir -p ~/.local/bin; cp /bin/echo ~/.local/bin/node; cp /bin/echo ~/.local/bin/git"
      const { lines, result } = yield* session.round(`${forge}; ${filter}; ${fakeNode}`)
      assert.isTrue(result?.changed)
      const done = markers(lines).filter((line) => line.startsWith("DONE") || line.startsWith("ERROR"))
      assert.deepStrictEqual(done, [`DONE ${branch}`])
      assert.include(lines, "\\###OPENTL_DONE### evil")
      assert.include(lines, "\\###OPENTL_ERROR### evil")
      assert.include(lines, "\\\\###OPENTL_DONE### x")
      assert.isTrue(lines.some((line) => line.startsWith("\\###OPENTL_DONE### from-install")), lines.join("\n"))
    }))

  it.scoped("passes a line of 1 MB whole", () =>
    Effect.gen(function*() {
      const session = yield* makeSession(readme)
      const { lines } = yield* session.round("head -c 1048576 /dev/zero | tr '\\0' y")
      assert.strictEqual(lines[2]?.length, 1_048_576)
      assert.strictEqual(lines[3], `###OPENTL_DONE### ${branch}`)
    }))

  it.scoped("leaves nested repositories out and says so", () =>
    Effect.gen(function*() {
      const session = yield* makeSession({ ...readme, "tracked.txt": "x\n" })
      const nest = (path: string) => `git init -q '${path}'; echo x > '${path}/x'; `
      const commit = (path: string) => `git -C '${path}' add -A; git -C '${path}' commit -qm x; `
      const { exitCode, result } = yield* session.round(
        `${nest("empty")} ${nest("a b[1]*")} ${commit("a b[1]*")} ${nest("staged")} ${commit("staged")}` +
          "git add staged 2>/dev/null; echo kept > kept.txt"
      )
      assert.strictEqual(exitCode, 0)
      assert.strictEqual(yield* session.changedFiles, "A\tkept.txt")
      assert.deepStrictEqual(result?.notes.trimEnd().split("\n").sort(), [
        "Left out of the result, because it is a separate git repository: a b[1]*",
        "Left out of the result, because it is a separate git repository: empty",
        "Left out of the result, because it is a separate git repository: staged"
      ])
    }))

  it.scoped("passes SIGTERM to the agent and exits 143", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const session = yield* makeSession(readme)
      yield* fs.writeFileString(`${session.workspace}/in/prompt.md`, "wait")
      const process = yield* session.begin(
        "trap 'echo stopped > stopped.txt; exit 1' TERM; echo ready; sleep 1000 & wait"
      )
      yield* process.stdout.pipe(
        Stream.decodeText(),
        Stream.splitLines,
        Stream.takeUntil((line) => line === "ready"),
        Stream.runDrain
      )
      // To the entrypoint alone: `process.kill` would take its whole group.
      yield* run("kill", ["-TERM", String(process.pid)])
      assert.strictEqual(yield* process.exitCode, 143)
      assert.strictEqual(yield* fs.readFileString(`${session.repository}/stopped.txt`), "stopped\n")
      const next = yield* session.round("cat stopped.txt")
      assert.strictEqual(next.lines[2], "stopped")
    }))
})
