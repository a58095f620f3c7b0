/** What is made of a sandbox's bundle: one commit of ours with the agent's files, or a refusal. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { CommitId } from "../../../src/domain/Ids.ts"
import * as Git from "../../support/Git.ts"
import {
  branch,
  exported,
  firstTurn,
  mirrorIn,
  onFirstTurn,
  packed,
  resultOf,
  sandbox,
  setup,
  setupOn,
  withRepositories,
  workspace
} from "../../support/GitSession.ts"

const treeOf = (directory: string, commit: string) => Git.git(directory, "rev-parse", `${commit}^{tree}`)

layer(NodeContext.layer, { excludeTestServices: true })("SandboxResults", (it) => {
  it.scoped("takes a round trip through a sandbox: bundle out, work, bundle in, diff, push, again", () =>
    onFirstTurn(({ commit, initialBundle, origin, repo, repositories, take }) =>
      Effect.gen(function*() {
        const { out, tip, work } = yield* sandbox(yield* initialBundle, {
          "src/a.ts": "export const a = 2\n",
          "src/ü.bin": "\0\u0001\u0002"
        })
        const ours = yield* take(out)
        const diff = yield* repositories.diff(repo, commit, ours)
        assert.deepInclude(diff, { files: 2, insertions: 1, deletions: 1 })
        assert.include(diff.patch, "-export const a = 1\n+export const a = 2\n")
        assert.include(diff.patch, "GIT binary patch")
        assert.strictEqual(diff.stat.split("\n").length, 2)
        yield* repositories.push(repo, branch, ours, undefined)
        yield* repositories.push(repo, branch, ours, undefined)
        assert.strictEqual(yield* Git.commitOf(origin, branch), ours)
        assert.strictEqual(yield* treeOf(origin, ours), yield* treeOf(work, tip))
        // the next turn starts from what was pushed
        const second = yield* sandbox(yield* exported(repositories, repo, ours), { "e.txt": "e\n" })
        const next = yield* repositories.importBundle(repo, second.out, resultOf(ours))
        yield* repositories.push(repo, branch, next, ours)
        assert.strictEqual(yield* Git.commitOf(origin, branch), next)
        assert.strictEqual(yield* Git.commitOf(origin, "main"), commit)
      })
    ))

  it.scoped("makes one commit of ours on the turn's start, whoever the agent says it is; its words are handed on", () =>
    onFirstTurn(({ commit, dataDir, initialBundle, take }) =>
      Effect.gen(function*() {
        const work = yield* workspace(yield* initialBundle)
        yield* Git.git(work, "config", "user.name", "Linus Torvalds")
        yield* Git.commit(work, { "a.txt": "a\n" }, "closes #2 @everyone")
        yield* Git.git(work, "checkout", "--quiet", "-b", "side", commit)
        yield* Git.commit(work, { "b.txt": "b\n" }, "side \u001b[31mred")
        yield* Git.git(work, "checkout", "--quiet", branch)
        yield* Git.git(work, "merge", "--quiet", "--message", "merged", "side")
        const out = yield* packed(work, commit)
        const heard: Array<ReadonlyArray<string>> = []
        const ours = yield* take(out, {
          message: (messages) => {
            heard.push(messages)
            return Effect.succeed("Our subject\n\nSession: 1\n")
          }
        })
        const mirror = yield* mirrorIn(dataDir)
        assert.strictEqual(
          yield* Git.git(mirror, "cat-file", "commit", ours),
          [
            `tree ${yield* treeOf(work, "HEAD")}`,
            `parent ${commit}`,
            "author OpenTL <opentl@example.org> 1767323045 +0000",
            "committer OpenTL <opentl@example.org> 1767323045 +0000",
            "",
            "Our subject",
            "",
            "Session: 1"
          ].join("\n")
        )
        assert.sameMembers([...heard[0] ?? []], ["closes #2 @everyone", "side \u001b[31mred", "merged"])
        const objects = yield* Git.git(mirror, "cat-file", "--batch-check", "--batch-all-objects")
        for (const theirs of ["HEAD", "HEAD^1", "HEAD^2"]) {
          assert.notInclude(objects, yield* Git.commitOf(work, theirs))
        }
      })
    ))

  it.scoped("is the same commit when it is taken in again, by another server, after a crash", () =>
    Effect.gen(function*() {
      const { dataDir, repo } = yield* setup
      const fs = yield* FileSystem.FileSystem
      const out = `${yield* Git.temporary}/out.bundle`
      const commit = yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, firstTurn())
          const run = yield* sandbox(yield* exported(repositories, repo, commit), { "a.txt": "a\n" })
          yield* fs.copyFile(run.out, out)
          return commit
        })).pipe(Effect.scoped)
      const take = withRepositories(
        dataDir,
        (repositories) => repositories.importBundle(repo, out, resultOf(commit))
      )
      const elsewhere = yield* Git.temporary
      const [first, again, anew] = yield* Effect.all([
        take,
        take,
        withRepositories(elsewhere, (repositories) => repositories.importBundle(repo, out, resultOf(commit)))
      ])
      assert.strictEqual(again, first)
      assert.strictEqual(anew, first)
    }))

  it.scoped("is one commit again in a later round, and none where the files are the same in the end", () =>
    onFirstTurn(({ commit, dataDir, initialBundle, repo, repositories, take }) =>
      Effect.gen(function*() {
        const bundle = yield* initialBundle
        const { out, work } = yield* sandbox(bundle, { "a.txt": "a\n" })
        yield* take(out)
        yield* Git.commit(work, { "b.txt": "b\n" })
        const second = yield* take(yield* packed(work, commit))
        const mirror = yield* mirrorIn(dataDir)
        assert.strictEqual(yield* Git.git(mirror, "rev-list", "--count", `${commit}..${second}`), "1")
        assert.strictEqual((yield* repositories.diff(repo, commit, second)).files, 2)
        yield* Git.git(work, "rm", "--quiet", "a.txt", "b.txt")
        yield* Git.git(work, "commit", "--quiet", "--message", "Never mind")
        const third = yield* take(yield* packed(work, commit))
        assert.strictEqual(third, commit)
      })
    ))

  it.scoped("takes a whole history as a bundle too, and the commit that the turn started from", () =>
    onFirstTurn(({ commit, initialBundle, take }) =>
      Effect.gen(function*() {
        const bundle = yield* initialBundle
        assert.strictEqual(yield* take(bundle), commit)
        const { out, work } = yield* sandbox(bundle, { "f.txt": "f\n" })
        yield* Git.git(work, "bundle", "create", "--quiet", "whole.bundle", branch)
        assert.strictEqual(yield* take(`${work}/whole.bundle`), yield* take(out))
      })
    ))

  it.scoped("refuses a forged bundle and takes nothing of it in", () =>
    onFirstTurn(({ commit, dataDir, initialBundle, take }) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { tip, work } = yield* sandbox(yield* initialBundle, { "g.txt": "g\n" })
        const bundle = (name: string, ...refs: ReadonlyArray<string>) =>
          Effect.as(Git.git(work, "bundle", "create", "--quiet", name, ...refs), `${work}/${name}`)
        const refused = (file: string, reason: string) =>
          Effect.map(Effect.flip(take(file)), (error) => {
            assert.strictEqual(error._tag, "ResultRefused")
            assert.include(error.message, "the sandbox's result is refused: ")
            assert.include(error.message, reason)
          })
        yield* Git.git(work, "branch", "main")
        yield* refused(yield* bundle("two.bundle", branch, "main"), "it contains refs/heads/main, but only")
        yield* refused(yield* bundle("head.bundle", "HEAD", branch), "it contains HEAD, but only")
        yield* refused(yield* bundle("wrong.bundle", "main"), "it contains refs/heads/main, but only")
        yield* Git.git(work, "checkout", "--quiet", "--orphan", "stranger")
        const foreign = yield* Git.commit(work, { "h.txt": "h\n" })
        yield* Git.git(work, "branch", "--force", branch, "stranger")
        yield* refused(yield* bundle("unrelated.bundle", branch), "does not continue from")
        yield* Git.git(work, "branch", "--force", branch, commit)
        yield* fs.writeFileString(`${work}/none.bundle`, "not a bundle\n")
        yield* refused(`${work}/none.bundle`, "does not look like a git bundle")
        yield* refused(`${work}/missing.bundle`, "no such file")
        const mirror = yield* mirrorIn(dataDir)
        const objects = yield* Git.git(mirror, "cat-file", "--batch-check", "--batch-all-objects")
        for (const stranger of [tip, foreign]) assert.notInclude(objects, stranger)
      })
    ))

  it.scoped("puts a commit on an earlier one of ours where that is wanted, and makes none for the same files", () =>
    onFirstTurn(({ commit, dataDir, initialBundle, take }) =>
      Effect.gen(function*() {
        const first = yield* sandbox(yield* initialBundle, { "a.txt": "a\n" })
        const one = yield* take(first.out)
        assert.strictEqual(yield* take(first.out, { parent: one }), one)
        yield* Git.commit(first.work, { "b.txt": "b\n" }, "More")
        const two = yield* take(yield* packed(first.work, commit), {
          parent: one,
          message: (_, parent) => Effect.succeed(`on ${parent}\n`)
        })
        const mirror = yield* mirrorIn(dataDir)
        assert.strictEqual(yield* Git.git(mirror, "rev-parse", `${two}^`, `${one}^`), `${one}\n${commit}`)
        assert.strictEqual(yield* Git.git(mirror, "log", "-1", "--format=%s", two), `on ${one}`)
        assert.strictEqual(yield* Git.git(mirror, "ls-tree", "--name-only", `${two}`, "b.txt"), "b.txt")
        // one that the mirror does not have
        const lost = yield* take(yield* packed(first.work, commit), { parent: CommitId.make("1".repeat(40)) })
        assert.strictEqual(yield* Git.git(mirror, "rev-parse", `${lost}^`), commit)
      })
    ))

  it.scoped("refuses objects that are malformed", () =>
    onFirstTurn(({ commit, initialBundle, take }) =>
      Effect.gen(function*() {
        const { work } = yield* sandbox(yield* initialBundle, { "i.txt": "i\n" })
        // a tree with a `.git` in it would be written over a repository's own at checkout
        const blob = yield* Git.git(work, "rev-parse", "HEAD:i.txt")
        const tree = yield* Git.feed(work, `100644 blob ${blob}\t.git\n`, "mktree")
        const evil = yield* Git.git(work, "commit-tree", tree, "-p", commit, "-m", "evil")
        yield* Git.git(work, "update-ref", `refs/heads/${branch}`, evil)
        const error = yield* Effect.flip(take(yield* packed(work, commit)))
        assert.include(error.message, "the sandbox's result is refused")
        assert.include(error.message, "hasDotgit")
      })
    ))

  it.scoped("works with repositories that name their objects by SHA-256", () =>
    onFirstTurn(
      ({ commit, initialBundle, origin, repo, repositories, take }) =>
        Effect.gen(function*() {
          assert.strictEqual(commit.length, 64)
          const { out } = yield* sandbox(yield* initialBundle, { "o.txt": "o\n" })
          const ours = yield* take(out)
          yield* repositories.push(repo, branch, ours, undefined)
          assert.strictEqual(yield* Git.commitOf(origin, branch), ours)
        }),
      setupOn(Git.repository({ "README.md": "# Hello\n" }, "--object-format=sha256"))
    ))
})
