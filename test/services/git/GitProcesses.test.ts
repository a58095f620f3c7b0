/** How many processes of git a session takes outside its sandbox: each costs milliseconds in which nothing else happens. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { BranchName } from "../../../src/domain/Ids.ts"
import * as Git from "../../support/Git.ts"
import { withCount } from "../../support/GitCount.ts"
import { branch, exported, firstTurn, packed, resultOf, sandbox, setup } from "../../support/GitSession.ts"

layer(NodeContext.layer, { excludeTestServices: true })("git is started", (it) => {
  it.scoped("twice for a turn's start in a known repository, whatever other sessions have pushed there", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      yield* withCount({ dataDir }, (repositories, during) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, firstTurn())
          yield* Git.git(origin, "branch", "opentl/other")
          const asked = yield* during(repositories.prepare(repo, firstTurn()))
          assert.deepStrictEqual(asked, ["for-each-ref", "for-each-ref"])
          // what the turn starts from is fetched
          const next = yield* Git.commit(origin, { "b.txt": "b\n" })
          assert.strictEqual((yield* repositories.prepare(repo, firstTurn())).commit, next)
          yield* Git.git(origin, "update-ref", `refs/heads/${branch}`, commit)
          assert.deepStrictEqual((yield* repositories.prepare(repo, firstTurn())).start, Option.some(commit))
          yield* Git.git(origin, "branch", "--delete", "--force", branch)
          assert.deepStrictEqual((yield* repositories.prepare(repo, firstTurn())).start, Option.none())
          const other = firstTurn(BranchName.make("opentl/other"))
          assert.strictEqual((yield* repositories.prepare(repo, other)).commit, commit)
        }))
    }))

  it.scoped("twice for the overview of a base with a readme, and never for the next session's", () =>
    Effect.gen(function*() {
      const { dataDir, repo } = yield* setup
      yield* withCount({ dataDir }, (repositories, during) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, firstTurn())
          const overview = repositories.overview(repo, commit, 10_000)
          assert.deepStrictEqual(yield* during(overview), ["cat-file", "ls-tree"])
          assert.deepStrictEqual(yield* during(overview), [])
          assert.include(yield* overview, "# Hello")
        }))
    }))

  it.scoped("once for a new workspace that reads the remote's objects where they are", () =>
    Effect.gen(function*() {
      const { dataDir, repo } = yield* setup
      yield* withCount({ dataDir }, (repositories, during) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, firstTurn())
          const contents = { start: commit, known: undefined, isShared: true, work: undefined }
          assert.deepStrictEqual(yield* during(repositories.exportBundle(repo, branch, contents)), ["update-ref"])
        }))
    }))

  it.scoped("nine times for a result, and once less where another one was taken in on the same base", () =>
    Effect.gen(function*() {
      const { dataDir, repo } = yield* setup
      yield* withCount({ dataDir }, (repositories, during) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, firstTurn())
          const run = yield* sandbox(yield* exported(repositories, repo, commit), { "a.txt": "a\n" })
          const take = (bundle: string) => during(repositories.importBundle(repo, bundle, resultOf(commit)))
          const first = yield* take(run.out)
          assert.deepStrictEqual(first, [
            ...["cat-file", "commit-tree", "diff-tree", "index-pack", "index-pack", "log", "ls-tree", "ls-tree"],
            "pack-objects"
          ])
          yield* Git.commit(run.work, { "b.txt": "b\n" })
          assert.strictEqual((yield* take(yield* packed(run.work, commit))).length, first.length - 1)
        }))
    }))

  it.scoped("as often for a result that began to be read before its import was asked for", () =>
    Effect.gen(function*() {
      const { dataDir, repo } = yield* setup
      yield* withCount({ dataDir }, (repositories, during) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, firstTurn())
          const { out } = yield* sandbox(yield* exported(repositories, repo, commit), { "a.txt": "a\n" })
          const asked = yield* during(Effect.zipRight(
            repositories.beginImport(repo, out, resultOf(commit)),
            repositories.importBundle(repo, out, resultOf(commit))
          ))
          assert.strictEqual(asked.length, 9)
          // whoever has not begun begins then
          assert.strictEqual((yield* during(repositories.importBundle(repo, out, resultOf(commit)))).length, 8)
        }))
    }))

  it.scoped("once more for a result that builds upon more than its start, which must be there", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      const before = yield* Git.commitOf(origin, "HEAD")
      yield* Git.commit(origin, { "c.txt": "c\n" })
      yield* withCount({ dataDir }, (repositories, during) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, firstTurn())
          const { work } = yield* sandbox(yield* exported(repositories, repo, commit), { "a.txt": "a\n" })
          const take = (bundle: string) => during(repositories.importBundle(repo, bundle, resultOf(commit)))
          const tree = yield* Git.git(work, "rev-parse", "HEAD^{tree}")
          const on = (parent: string) =>
            Effect.zipRight(
              Effect.flatMap(
                Git.git(work, "commit-tree", tree, "-p", commit, "-p", parent, "-m", "Both"),
                (merged) => Git.git(work, "update-ref", `refs/heads/${branch}`, merged)
              ),
              packed(work, commit)
            )
          const bundle = yield* on(before)
          yield* Git.git(work, "bundle", "create", "--quiet", bundle, `^${commit}`, `^${before}`, branch)
          assert.include(yield* take(bundle), "bundle")
          const elsewhere = yield* Git.git(work, "commit-tree", tree, "-m", "Elsewhere")
          yield* on(elsewhere)
          yield* Git.git(work, "bundle", "create", "--quiet", bundle, `^${commit}`, `^${elsewhere}`, branch)
          assert.include((yield* Effect.flip(take(bundle))).message, elsewhere)
        }))
    }))
})
