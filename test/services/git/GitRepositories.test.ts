import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Git from "../../support/Git.ts"
import { firstTurn, setup, withRepositories } from "../../support/GitSession.ts"

layer(NodeContext.layer, { excludeTestServices: true })("GitRepositories", (it) => {
  it.scoped("cuts an endless diff behind its last whole file, and says so", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      const line = `${"x".repeat(1023)}\n`
      yield* Git.commit(origin, {
        "1.txt": line.repeat(8 * 1024),
        "2.txt": line.repeat(8 * 1024),
        "3.txt": line.repeat(8 * 1024)
      })
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, firstTurn())
          const parent = yield* Git.commitOf(origin, "HEAD~1")
          const { files, insertions, patch } = yield* repositories.diff(repo, parent, commit)
          assert.deepStrictEqual({ files, insertions }, { files: 3, insertions: 3 * 8 * 1024 })
          assert.isBelow(patch.length, 20 * 1024 * 1024)
          assert.include(patch, "diff --git a/2.txt b/2.txt")
          assert.notInclude(patch, "diff --git a/3.txt b/3.txt")
          assert.match(patch.slice(-80), /# The diff is longer than \d+ bytes and ends here\.\n$/)
        }))
    }))
})
