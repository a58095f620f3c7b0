/** What goes into a sandbox: what it lacks, and no more. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { CommitId } from "../../../src/domain/Ids.ts"
import * as Git from "../../support/Git.ts"
import { branch, exported, firstTurn, onFirstTurn, sandbox, workspace } from "../../support/GitSession.ts"

layer(NodeContext.layer, { excludeTestServices: true })("GitBundles", (it) => {
  it.scoped("leaves out what the workspace has, and makes none where it has all", () =>
    onFirstTurn(({ commit, initialBundle, origin, repo, repositories }) =>
      Effect.gen(function*() {
        const next = yield* Git.commit(origin, { "b.txt": "b\n" })
        yield* repositories.prepare(repo, firstTurn())
        const work = yield* workspace(yield* initialBundle)
        const thin = Option.getOrThrow(
          yield* repositories.exportBundle(repo, branch, { start: next, known: commit, work: undefined })
        )
        yield* Git.git(work, "fetch", "--quiet", thin, branch)
        assert.strictEqual(yield* Git.commitOf(work, "FETCH_HEAD"), next)
        const fs = yield* FileSystem.FileSystem
        const small = yield* fs.stat(thin)
        const whole = yield* fs.stat(yield* exported(repositories, repo, next))
        assert.isBelow(Number(small.size), Number(whole.size))
        for (const start of [commit, next]) {
          const none = yield* repositories.exportBundle(repo, branch, { start, known: next, work: undefined })
          assert.deepStrictEqual(none, Option.none())
        }
      })
    ))

  it.scoped("has unpushed work beside the branch, and all of it where the mirror does not know what is known", () =>
    onFirstTurn(({ commit, initialBundle, repo, repositories, take }) =>
      Effect.gen(function*() {
        const run = yield* sandbox(yield* initialBundle, { "c.txt": "c\n" })
        const ours = yield* take(run.out)
        const both = Option.getOrThrow(
          yield* repositories.exportBundle(repo, branch, { start: commit, known: undefined, work: ours })
        )
        const anew = yield* workspace(both)
        assert.strictEqual(yield* Git.commitOf(anew, "HEAD"), commit)
        yield* Git.git(anew, "bundle", "unbundle", both)
        assert.strictEqual(yield* Git.git(anew, "show", `${ours}:c.txt`), "c")
        // of a workspace that has what this mirror (made anew) does not know, nothing is taken for granted
        const known = CommitId.make("f".repeat(40))
        const whole = yield* repositories.exportBundle(repo, branch, { start: commit, known, work: undefined })
        yield* workspace(Option.getOrThrow(whole))
      })
    ))
})
