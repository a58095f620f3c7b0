/** Results that look like attacks, or may be some: they are taken, and do no harm here. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Git from "../../support/Git.ts"
import { exported, firstTurn, resultOf, setup, withRepositories, workspace } from "../../support/GitSession.ts"
import * as Hostile from "../../support/HostileBundles.ts"

const minutes = 300_000

layer(NodeContext.layer, { excludeTestServices: true })("a sandbox's result is taken", (it) => {
  it.scoped("with links and submodules that point anywhere: nothing here follows them", () =>
    Effect.gen(function*() {
      const { dataDir, repo } = yield* setup
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const fs = yield* FileSystem.FileSystem
          const secret = `${yield* Git.temporary}/secret`
          yield* fs.writeFileString(secret, "the host's own\n")
          const { commit } = yield* repositories.prepare(repo, firstTurn())
          const work = yield* workspace(yield* exported(repositories, repo, commit))
          const link = yield* Hostile.blob(work, secret)
          const tree = yield* Hostile.tree(work, [
            Hostile.entry("120000", link, "README.md"),
            Hostile.entry("160000", "f".repeat(40), "package.json"),
            Hostile.entry("120000", link, "link")
          ])
          const bundle = yield* Hostile.bundleOf(work, commit, tree)
          const ours = yield* repositories.importBundle(repo, bundle, resultOf(commit))
          const { patch, stat } = yield* repositories.diff(repo, commit, ours)
          const overview = yield* repositories.overview(repo, ours, 10_000)
          for (const text of [patch, stat, overview]) assert.notInclude(text, "the host's own")
          assert.include(patch, "+Subproject commit ffff")
          assert.include(patch, `+${secret}`)
        }))
    }), minutes)

  it.scoped(
    "with files that take too much to be compared line by line: it is said that they differ",
    () =>
      Effect.gen(function*() {
        const { dataDir, repo } = yield* setup
        yield* withRepositories(dataDir, (repositories) =>
          Effect.gen(function*() {
            const { commit } = yield* repositories.prepare(repo, firstTurn())
            const work = yield* workspace(yield* exported(repositories, repo, commit))
            const lines = yield* Hostile.blob(work, "\n".repeat(16 * 1024 ** 2 - 1))
            const small = yield* Hostile.blob(work, "small\n")
            const tree = yield* Hostile.tree(work, [
              Hostile.entry("100644", lines, "lines"),
              Hostile.entry("100644", small, "small")
            ])
            const bundle = yield* Hostile.bundleOf(work, commit, tree)
            const ours = yield* repositories.importBundle(repo, bundle, resultOf(commit))
            const { insertions, patch } = yield* repositories.diff(repo, commit, ours)
            assert.include(patch, "Binary files /dev/null and b/lines differ")
            assert.include(patch, "\n+small\n")
            assert.strictEqual(insertions, 1)
          }))
      }),
    minutes
  )

  it.scoped(
    "by a repository that has more files, and deeper ones, than a result may add",
    () =>
      Effect.gen(function*() {
        const origin = yield* Git.repository()
        const deep = yield* Hostile.deepTree(origin, 120, "d")
        yield* Git.git(origin, "reset", "--quiet", "--hard", yield* Git.git(origin, "commit-tree", deep, "-m", "deep"))
        const dataDir = yield* Git.temporary
        const repo = Git.local(origin)
        yield* withRepositories(dataDir, (repositories) =>
          Effect.gen(function*() {
            const { commit } = yield* repositories.prepare(repo, firstTurn())
            const work = yield* workspace(yield* exported(repositories, repo, commit))
            const tree = yield* Hostile.deepTree(work, 119, "d")
            const bundle = yield* Hostile.bundleOf(work, commit, tree)
            const ours = yield* repositories.importBundle(repo, bundle, resultOf(commit))
            assert.notStrictEqual(ours, commit)
          }))
      }),
    minutes
  )
})
