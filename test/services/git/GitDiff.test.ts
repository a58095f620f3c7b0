import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Git as GitService } from "../../../src/services/git/Git.ts"
import * as GitDiff from "../../../src/services/git/GitDiff.ts"
import { UntrustedGit } from "../../../src/services/git/UntrustedGit.ts"
import { Programs } from "../../../src/services/programs/Programs.ts"
import * as Git from "../../support/Git.ts"
import { layerConfig } from "../../support/TestConfig.ts"

describe("GitDiff", () => {
  it("reads git's list, statistics and patch apart", () => {
    const list = ":100644 100644 78 42 M\0a b\0:100644 100644 58 58 R100\0c\0: d\0"
    const stat = " a b      | 1 +\n c => : d | 0\n 2 files changed, 1 insertion(+)\n"
    const patch = "diff --git a/a b b/a b\n@@ -1 +1,2 @@\n a\n+\0\n"
    assert.deepStrictEqual(GitDiff.parts(`${list}${stat}\0${patch}`), { list, stat, patch })
  })

  it("reads nothing from nothing", () => assert.deepStrictEqual(GitDiff.parts(""), { list: "", stat: "", patch: "" }))

  it("takes a path that looks like a record for the path that it is", () => {
    const list = ":000000 100644 00 42 A\0:100644 100644 1 2 M\0"
    assert.deepStrictEqual(GitDiff.parts(`${list} x | 1 +\n\0diff`), { list, stat: " x | 1 +\n", patch: "diff" })
  })
})

layer(NodeContext.layer, { excludeTestServices: true })("the difference of two commits", (it) => {
  /** A repository with many changed files, compared within these limits. */
  const compare = Effect.fnUntraced(function*(limits: { readonly patch: number; readonly list: number }) {
    const directory = yield* Git.repository({ "a.txt": "a\n" })
    const names = Array.from({ length: 20 }, (_, i) => `${"long-".repeat(20)}${i}.txt`)
    yield* Git.commit(directory, Object.fromEntries(names.map((name) => [name, "text\n"])))
    const [from, to] = [yield* Git.commitOf(directory, "HEAD~1"), yield* Git.commitOf(directory, "HEAD")]
    const context = yield* Layer.build(
      UntrustedGit.layer.pipe(
        Layer.provide(GitService.layer),
        Layer.provide(Programs.layerDirect),
        Layer.provide(layerConfig({ dataDir: directory }))
      )
    )
    const diff = yield* Effect.provide(GitDiff.makeWith(limits), context)
    return yield* diff({ directory, from, to })
  })

  it.scoped("is whole within its limits", () =>
    Effect.gen(function*() {
      const { changed, deletions, files, insertions, patch } = yield* compare({ patch: 100_000, list: 100_000 })
      assert.deepStrictEqual([changed.length, files, insertions, deletions], [20, 20, 20, 0])
      assert.strictEqual(patch.match(/^diff --git /gm)?.length, 20)
    }))

  it.scoped("has its statistics and the beginning of its patch even where the list of files fills all the room", () =>
    Effect.gen(function*() {
      const { changed, files, patch } = yield* compare({ patch: 1_500, list: 2_500 })
      assert.strictEqual(files, 20)
      assert.isBelow(changed.length, 20)
      assert.match(patch, /^diff --git /)
      assert.match(patch, /# The diff is longer than 1500 bytes and ends here\.\n$/)
    }))
})
