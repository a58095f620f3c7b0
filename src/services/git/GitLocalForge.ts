/**
 * `LocalForge` on git: a repository on this machine, bare or not. The result is a branch; there are no pull requests.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { BranchName } from "../../domain/Ids.ts"
import { ForgeError, type Remote, RepositoryNotFound } from "../forge/Forge.ts"
import { LocalForge, type LocalRepository } from "../forge/LocalForge.ts"
import { Git } from "./Git.ts"
import type { GitError } from "./Repositories.ts"

const operation = "reading the repository"

const decodeBranch = Schema.decodeUnknown(BranchName)

const refuse = (reason: string) => new ForgeError({ operation, reason, isRetryable: false })

const make = Effect.gen(function*() {
  const git = yield* Git

  const ask = (repo: LocalRepository, ...args: ReadonlyArray<string>) =>
    git.run({ operation: args[0] ?? "", directory: repo.path, args })

  const notFound = (repo: LocalRepository) => (error: GitError) =>
    new RepositoryNotFound({ repo: repo.path, hint: `it is not a git repository (${error.reason})` })

  const remote = (repo: LocalRepository): Effect.Effect<Remote, RepositoryNotFound> =>
    ask(repo, "rev-parse", "--git-dir").pipe(
      Effect.mapError(notFound(repo)),
      Effect.as({ url: repo.path, authorization: Option.none() })
    )

  const defaultBranch = Effect.fn("LocalForge.defaultBranch")(function*(repo: LocalRepository) {
    yield* remote(repo)
    const head = yield* Effect.mapError(
      ask(repo, "symbolic-ref", "--quiet", "--short", "HEAD"),
      () => refuse(`${repo.path} has a detached HEAD: name the branch to start from`)
    )
    const branch = head.stdout.trim()
    yield* Effect.mapError(
      ask(repo, "rev-parse", "--verify", "--quiet", `refs/heads/${branch}^{commit}`),
      () => refuse(`${repo.path} has no commit on ${branch} yet: create one first`)
    )
    return yield* Effect.mapError(decodeBranch(branch), (error) => refuse(error.message))
  })

  return LocalForge.of({ remote, defaultBranch })
})

export const layer = Layer.effect(LocalForge, make)
