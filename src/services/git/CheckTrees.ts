/** Reads what the detection of checks has to know of a commit. */
import * as Effect from "effect/Effect"
import * as Checks from "../../domain/Checks.ts"
import type { CommitId } from "../../domain/Ids.ts"
import type { Repository } from "../../domain/Repository.ts"
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
