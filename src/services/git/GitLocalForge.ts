/**
 * `LocalForge` on git: a repository on this machine, bare or not. The result is a branch; there are no pull requests.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { BranchName } from "../../domain/Ids.ts"
import { ForgeError, type Remote, RepositoryNotFound } from "../forge/Forge.ts"
import { LocalForge, type LocalRepository } from "../forge/LocalForge.ts"
import { Git } from "./Git.ts"
import * as GitFailure from "./GitFailure.ts"
import * as LocalHead from "./LocalHead.ts"

const operation = "reading the repository"

const heads = "refs/heads/"

const decodeBranch = Schema.decodeUnknown(BranchName)

const refuse = (reason: string) => new ForgeError({ operation, reason, isRetryable: false })

const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const git = yield* Git
  const { findBorn } = yield* LocalHead.make
  /** Where each repository that was asked for has its objects and references. */
  const gitDirectories = new Map<string, string>()

  const ask = (repo: LocalRepository, ...args: ReadonlyArray<string>) =>
    git.exec({ operation: "read", directory: repo.path, args })

  const notFound = (repo: LocalRepository, reason: string) =>
    new RepositoryNotFound({ repo: repo.path, hint: `it is not a git repository (${reason})` })

  /** Git's answer about a repository that must exist, by lines. */
  const lines = (repo: LocalRepository, ...args: ReadonlyArray<string>) =>
    ask(repo, "rev-parse", "--absolute-git-dir", ...args).pipe(
      Effect.mapError((error) => notFound(repo, error.reason)),
      Effect.flatMap(({ exitCode, stderr, stdout }) => {
        const [directory = "", ...rest] = stdout.split("\n")
        if (directory === "") return notFound(repo, GitFailure.reasonOf(stderr, exitCode))
        gitDirectories.set(repo.path, directory)
        return Effect.succeed({ exitCode, rest })
      })
    )

  /** Starts git only if the repository is not where it was. */
  const isKnown = Effect.fnUntraced(function*(repo: LocalRepository) {
    const directory = gitDirectories.get(repo.path)
    return directory !== undefined && (yield* Effect.orElseSucceed(fs.exists(`${directory}/HEAD`), () => false))
  })

  const remote = Effect.fnUntraced(function*(repo: LocalRepository): Effect.fn.Return<Remote, RepositoryNotFound> {
    if (!(yield* isKnown(repo))) yield* lines(repo)
    return { url: repo.path, authorization: Option.none() }
  })

  /** The branch that HEAD names, even if it has no commit yet. */
  const named = (repo: LocalRepository) =>
    Effect.map(
      Effect.orElseSucceed(ask(repo, "symbolic-ref", "--quiet", "--short", "HEAD"), () => ({ stdout: "" })),
      ({ stdout }) => stdout.trim()
    )

  /** The full name of the branch that is checked out; starts git only if the files do not tell. */
  const headOf = Effect.fnUntraced(function*(repo: LocalRepository) {
    const found = yield* findBorn(repo.path)
    if (Option.isSome(found)) {
      gitDirectories.set(repo.path, found.value.directory)
      return { exitCode: 0, head: found.value.reference }
    }
    const { exitCode, rest: [head = ""] } = yield* lines(repo, "--symbolic-full-name", "HEAD")
    return { exitCode, head }
  })

  const defaultBranch = Effect.fn("LocalForge.defaultBranch")(function*(repo: LocalRepository) {
    const { exitCode, head } = yield* headOf(repo)
    if (exitCode === 0 && head.startsWith(heads)) {
      return yield* Effect.mapError(decodeBranch(head.slice(heads.length)), (error) => refuse(error.message))
    }
    const branch = yield* named(repo)
    return yield* refuse(
      branch === ""
        ? `${repo.path} has a detached HEAD: name the branch to start from`
        : `${repo.path} has no commit on ${branch} yet: create one first`
    )
  })

  return LocalForge.of({ remote, defaultBranch })
})

export const layer = Layer.effect(LocalForge, make)
