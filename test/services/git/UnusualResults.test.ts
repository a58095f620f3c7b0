/** Results that look like attacks, or may be some: they are taken, and do no harm here. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Git from "../../support/Git.ts"
import { onFirstTurn, setupOn, workspace } from "../../support/GitSession.ts"
import * as Hostile from "../../support/HostileBundles.ts"

layer(NodeContext.layer, { excludeTestServices: true })("a sandbox's result is taken", (it) => {
  it.scoped("with links and submodules that point anywhere: nothing here follows them", () =>
    onFirstTurn(({ commit, initialBundle, repo, repositories, take }) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const secret = `${yield* Git.temporary}/secret`
        yield* fs.writeFileString(secret, "the host's own\n")
        const work = yield* workspace(yield* initialBundle)
        const link = yield* Hostile.blob(work, secret)
        const tree = yield* Hostile.tree(work, [
          Hostile.entry("120000", link, "README.md"),
          Hostile.entry("160000", "f".repeat(40), "package.json"),
          Hostile.entry("120000", link, "link")
        ])
        const ours = yield* take(yield* Hostile.bundleOf(work, commit, tree))
        const { patch, stat } = yield* repositories.diff(repo, commit, ours)
        const overview = yield* repositories.overview(repo, ours, 10_000)
        for (const text of [patch, stat, overview]) assert.notInclude(text, "the host's own")
        assert.include(patch, "+Subproject commit ffff")
        assert.include(patch, `+${secret}`)
      })
    ))

  it.scoped("with files that take too much to be compared line by line: it is said that they differ", () =>
    onFirstTurn(({ commit, initialBundle, repo, repositories, take }) =>
      Effect.gen(function*() {
        const work = yield* workspace(yield* initialBundle)
        const lines = yield* Hostile.blob(work, "\n".repeat(16 * 1024 ** 2 - 1))
        const small = yield* Hostile.blob(work, "small\n")
        const tree = yield* Hostile.tree(work, [
          Hostile.entry("100644", lines, "lines"),
          Hostile.entry("100644", small, "small")
        ])
        const ours = yield* take(yield* Hostile.bundleOf(work, commit, tree))
        const { insertions, patch } = yield* repositories.diff(repo, commit, ours)
        assert.include(patch, "Binary files /dev/null and b/lines differ")
        assert.include(patch, "\n+small\n")
        assert.strictEqual(insertions, 1)
      })
    ))

  it.scoped("by a repository that has more files, and deeper ones, than a result may add", () => {
    const origin = Effect.gen(function*() {
      const origin = yield* Git.repository()
      const deep = yield* Hostile.deepTree(origin, 120, "d")
      yield* Git.git(origin, "reset", "--quiet", "--hard", yield* Git.git(origin, "commit-tree", deep, "-m", "deep"))
      return origin
    })
    return onFirstTurn(({ commit, initialBundle, take }) =>
      Effect.gen(function*() {
        const work = yield* workspace(yield* initialBundle)
        const tree = yield* Hostile.deepTree(work, 119, "d")
        const ours = yield* take(yield* Hostile.bundleOf(work, commit, tree))
        assert.notStrictEqual(ours, commit)
      }), setupOn(origin))
  })
})
