/** Reads what the detection of checks has to know of a commit. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Checks from "../../domain/Checks.ts"
import type { CommitId } from "../../domain/Ids.ts"
import type { Repository } from "../../domain/Repository.ts"
import * as CommitCache from "./CommitCache.ts"
import { Repositories, type RepositoryFailure } from "./Repositories.ts"

/** In bytes. What a manifest has beyond it is not seen. */
const longestFile = 512 * 1024

export const make = Effect.gen(function*() {
  const repositories = yield* Repositories
  return Effect.fn("CheckTrees.read")(
    function*(repo: Repository, commit: CommitId): Effect.fn.Return<Checks.CheckTree, RepositoryFailure> {
      const { files, paths } = yield* Effect.all({
        paths: repositories.firstPaths(repo, commit, Checks.kindOf),
        files: repositories.files(repo, commit, Checks.checkFiles, longestFile)
      }, { concurrency: 2 })
      return { paths: new Set(paths), files }
    }
  )
})

/** How many commits are kept: manifests may be large. */
const keptCommits = 8

/** The trees of base commits, read once for all steps of all sessions. Of other commits each is read once anyway. */
export class BaseTrees extends Context.Tag("opentl/services/git/CheckTrees/BaseTrees")<BaseTrees, {
  readonly read: CommitCache.ReadCommit<Checks.CheckTree>
}>() {
  static readonly layer = Layer.effect(
    BaseTrees,
    Effect.flatMap(make, (read) => Effect.map(CommitCache.make(keptCommits, read), (read) => ({ read })))
  )
}
