/** What goes into a sandbox: what it lacks, and no more. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { CommitId } from "../../../src/domain/Ids.ts"
import * as Git from "../../support/Git.ts"
import {
  branch,
  exported,
  firstTurn,
  resultOf,
  sandbox,
  setup,
  withRepositories,
  workspace
} from "../../support/GitSession.ts"

const minutes = 120_000

layer(NodeContext.layer, { excludeTestServices: true })("GitBundles", (it) => {
  it.scoped("leaves out what the workspace has, and makes none where it has all", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, firstTurn())
          const next = yield* Git.commit(origin, { "b.txt": "b\n" })
          yield* repositories.prepare(repo, firstTurn())
          const work = yield* workspace(yield* exported(repositories, repo, commit))
          const thin = Option.getOrThrow(
            yield* repositories.exportBundle(repo, branch, { start: next, known: commit, work: undefined })
          )
          yield* Git.git(work, "fetch", "--quiet", thin, branch)
          assert.strictEqual(yield* Git.commitOf(work, "FETCH_HEAD"), next)
          const fs = yield* FileSystem.FileSystem
          const [small, whole] = [
            yield* fs.stat(thin),
            yield* fs.stat(yield* exported(repositories, repo, next))
          ]
          assert.isBelow(Number(small.size), Number(whole.size))
          for (const start of [commit, next]) {
            const none = yield* repositories.exportBundle(repo, branch, { start, known: next, work: undefined })
            assert.deepStrictEqual(none, Option.none())
          }
        }))
    }), minutes)

  it.scoped(
    "has unpushed work beside the branch, and all of it where the mirror does not know what is known",
    () =>
      Effect.gen(function*() {
        const { dataDir, repo } = yield* setup
        yield* withRepositories(dataDir, (repositories) =>
          Effect.gen(function*() {
            const { commit } = yield* repositories.prepare(repo, firstTurn())
            const run = yield* sandbox(yield* exported(repositories, repo, commit), { "c.txt": "c\n" })
            const ours = yield* repositories.importBundle(repo, run.out, resultOf(commit))
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
          }))
      }),
    minutes
  )
})
