/**
 * The git side of a session, outside the sandbox: one bare mirror a repository below the data directory. What comes out
 * of a sandbox is untrusted: read within limits, checked objects, no hooks, no checkout, one reference; and of it the
 * files alone are taken: the commit that is made of them is ours.
 */
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { ChangedFile } from "../../domain/ChangedFile.ts"
import type { BranchName, CommitId, SessionId } from "../../domain/Ids.ts"
import type { Repository } from "../../domain/Repository.ts"
import type { BranchChanged } from "../../domain/SessionEvent.ts"
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

/** What a sandbox made is not taken: it is malformed, or larger than what is read. */
export class ResultRefused extends Schema.TaggedError<ResultRefused>()("ResultRefused", { reason: Schema.String }) {
  override get message() {
    return `the sandbox's result is refused: ${this.reason}`
  }
}

export type RepositoryFailure = GitError | BranchNotFound | ResultRefused | RepositoryNotFound | ForgeError

export interface Diff {
  /** A unified diff that `git apply` takes, binary files included. */
  readonly patch: string
  /** One line a file, as `git diff --stat` has it, without the closing line. */
  readonly stat: string
  /** Every changed file, also where the patch was cut; of very many the first. */
  readonly changed: ReadonlyArray<ChangedFile>
  readonly files: number
  readonly insertions: number
  readonly deletions: number
}

/** A session's branch, and what the session knows of it from its earlier turns. */
export interface SessionBranch {
  readonly branch: BranchName
  /** The branch that it is to fork from; the repository's default where absent. */
  readonly wantedBase: BranchName | undefined
  /** Where it forked when it was last looked at. */
  readonly origin: { readonly base: BranchName; readonly commit: CommitId } | undefined
  /** What it was at the remote when it was last seen there, or pushed. */
  readonly remoteTip: CommitId | undefined
}

/** What others did to the session's branch at the remote since it was last seen. */
export type RemoteChange = Pick<typeof BranchChanged.Type, "change" | "commit" | "commits" | "authors">

/** Where a turn starts. */
export interface Preparation {
  readonly base: BranchName
  /** Where the session's branch forks from the base; where there is no such branch yet, where it will. */
  readonly commit: CommitId
  /** The branch's commit to start from; none where there is no such branch yet. */
  readonly start: Option.Option<CommitId>
  readonly change: Option.Option<RemoteChange>
}

/** What goes into a sandbox. */
export interface BundleContents {
  /** The branch's commit. */
  readonly start: CommitId
  /** A commit that is there already: it and its history are left out. */
  readonly known: CommitId | undefined
  /** A commit of unpushed work that goes along, under no branch. */
  readonly work: CommitId | undefined
}

/** What is made of a sandbox's result. */
export interface ResultCommit {
  readonly session: SessionId
  readonly branch: BranchName
  /** The parent of the commit, from which the result must descend. */
  readonly start: CommitId
  /** Author date and committer date: the same result is the same commit, whenever it is taken in. */
  readonly date: DateTime.Utc
  readonly author: { readonly name: string; readonly email: string }
  /** The commit's whole message, given those of the agent's own commits, oldest first. */
  readonly message: (agentMessages: ReadonlyArray<string>) => string
}

export class Repositories extends Context.Tag("opentl/services/git/Repositories")<Repositories, {
  /** Brings the mirror up to date and finds where a turn of a session starts. */
  readonly prepare: (repo: Repository, branch: SessionBranch) => Effect.Effect<Preparation, RepositoryFailure>
  /** What a planner sees of a commit: the file list and the readme, within `limit` characters. */
  readonly overview: (repo: Repository, commit: CommitId, limit: number) => Effect.Effect<string, RepositoryFailure>
  /**
   * A bundle file, for as long as the scope, that has `start` (with what it descends from) under `refs/heads/<branch>`.
   * None where all of it is known.
   */
  readonly exportBundle: (
    repo: Repository,
    branch: BranchName,
    contents: BundleContents
  ) => Effect.Effect<Option.Option<string>, RepositoryFailure, Scope.Scope>
  /**
   * Takes a sandbox's bundle in, as one commit of ours under the session's own reference. The bundle must hold one
   * branch that descends from `start`. Gives `start` where the files are the same.
   */
  readonly importBundle: (
    repo: Repository,
    bundle: string,
    result: ResultCommit
  ) => Effect.Effect<CommitId, RepositoryFailure>
  readonly diff: (repo: Repository, from: CommitId, to: CommitId) => Effect.Effect<Diff, RepositoryFailure>
  /**
   * Pushes the commit as the branch, where the branch at the remote is still `expected` (absent: not there) or gone;
   * never onto a checked-out branch.
   */
  readonly push: (
    repo: Repository,
    branch: BranchName,
    commit: CommitId,
    expected: CommitId | undefined
  ) => Effect.Effect<void, RepositoryFailure>
}>() {}
