/**
 * The git side of a session, outside the sandbox: one bare mirror a repository below the data directory. What comes out
 * of a sandbox is untrusted: checked objects, no hooks, no checkout, one reference.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { BranchName, CommitId, SessionId } from "../../domain/Ids.ts"
import type { Repository } from "../../domain/Repository.ts"
import type { ForgeError, RepositoryNotFound } from "../forge/Forge.ts"

export class GitError
  extends Schema.TaggedError<GitError>()("GitError", { operation: Schema.String, reason: Schema.String })
{
  override get message() {
    return `git ${this.operation} failed: ${this.reason}`
  }
}

/** The wanted base branch is not there. */
export class BranchNotFound extends Schema.TaggedError<BranchNotFound>()("BranchNotFound", {
  repo: Schema.String,
  branch: Schema.String
}) {
  override get message() {
    return `${this.repo} has no branch ${this.branch}`
  }
}

export type RepositoryFailure = GitError | BranchNotFound | RepositoryNotFound | ForgeError

export interface Diff {
  /** A unified diff that `git apply` takes, binary files included. */
  readonly patch: string
  /** One line a file, as `git diff --stat` has it, without the closing line. */
  readonly stat: string
  readonly files: number
  readonly insertions: number
  readonly deletions: number
}

export class Repositories extends Context.Tag("opentl/services/git/Repositories")<Repositories, {
  /** Brings the mirror up to date and finds the base: the wanted branch, else the default one. */
  readonly prepare: (
    repo: Repository,
    base: BranchName | undefined
  ) => Effect.Effect<{ readonly base: BranchName; readonly commit: CommitId }, RepositoryFailure>
  /** What a planner sees of a commit: the file list and the readme, within `limit` characters. */
  readonly overview: (repo: Repository, commit: CommitId, limit: number) => Effect.Effect<string, RepositoryFailure>
  /** A bundle file that holds the commit (with all its history) under `refs/heads/<branch>`, for as long as the scope. */
  readonly exportBundle: (
    repo: Repository,
    branch: BranchName,
    commit: CommitId
  ) => Effect.Effect<string, RepositoryFailure, Scope.Scope>
  /** Takes a sandbox's bundle in under the session's own reference. It must hold one branch that descends from `from`. */
  readonly importBundle: (
    repo: Repository,
    session: SessionId,
    bundle: string,
    from: CommitId
  ) => Effect.Effect<CommitId, RepositoryFailure>
  readonly diff: (repo: Repository, from: CommitId, to: CommitId) => Effect.Effect<Diff, RepositoryFailure>
  /** Pushes the commit as the branch: fast-forward only, never onto a checked-out branch. */
  readonly push: (repo: Repository, branch: BranchName, commit: CommitId) => Effect.Effect<void, RepositoryFailure>
}>() {}
