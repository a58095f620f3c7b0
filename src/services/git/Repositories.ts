/**
 * The git side of a session, outside the sandbox: one bare mirror per repository in the data directory. What comes out
 * of a sandbox is untrusted: it is read within limits, with checked objects, no hooks, no checkout, one reference; and
 * only its files are used: the commit made from them is ours.
 */
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Diff } from "../../domain/Diff.ts"
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

/** The requested base branch does not exist. */
export class BranchNotFound extends Schema.TaggedError<BranchNotFound>()("BranchNotFound", {
  repo: Schema.String,
  branch: Schema.String
}) {
  override get message() {
    return `${this.repo} has no branch ${this.branch}`
  }
}

/** A sandbox's result is rejected: it is malformed, or exceeds the limits. */
export class ResultRefused extends Schema.TaggedError<ResultRefused>()("ResultRefused", { reason: Schema.String }) {
  override get message() {
    return `the sandbox's result is refused: ${this.reason}`
  }
}

export type RepositoryFailure = GitError | BranchNotFound | ResultRefused | RepositoryNotFound | ForgeError

/** A session's branch, with what the session knows about it from earlier turns. */
export interface SessionBranch {
  readonly branch: BranchName
  /** The branch to fork from; the repository's default if absent. */
  readonly wantedBase: BranchName | undefined
  /** The fork point when last determined. */
  readonly origin: { readonly base: BranchName; readonly commit: CommitId } | undefined
  /** Its commit at the remote when last fetched or pushed. */
  readonly remoteTip: CommitId | undefined
}

/** What others changed on the session's branch at the remote since it was last seen. */
export type RemoteChange = Pick<typeof BranchChanged.Type, "change" | "commit" | "commits" | "authors">

/** Where a turn starts. */
export interface Preparation {
  readonly base: BranchName
  /** Where the session's branch forks from the base; for a new branch, where it will. */
  readonly commit: CommitId
  /** The branch's commit to start from; none if the branch does not exist yet. */
  readonly start: Option.Option<CommitId>
  readonly change: Option.Option<RemoteChange>
}

/** What goes into a sandbox. */
export interface BundleContents {
  /** The branch's commit. */
  readonly start: CommitId
  /** A commit that the sandbox already has: it and its history are left out. */
  readonly known: CommitId | undefined
  /** Whether the sandbox reads what came from the remote where it is: then that is left out, too. */
  readonly isShared: boolean
  /** A commit of unpushed work to include, under no branch. */
  readonly work: CommitId | undefined
}

/** What a sandbox's result must be. */
export interface ResultBundle {
  readonly session: SessionId
  readonly branch: BranchName
  /** The commit from which the result must descend, and the parent of the commit. */
  readonly start: CommitId
  /** A commit of ours since the start that is the parent in its place, if the mirror still has it. */
  readonly parent?: CommitId | undefined
}

/** How to turn a sandbox's result into a commit. */
export interface ResultCommit extends ResultBundle {
  /** The author and committer date: the same result becomes the same commit, whenever it is imported. */
  readonly date: DateTime.Utc
  readonly author: { readonly name: string; readonly email: string }
  /** The commit's message, given the messages of the agent's own commits since the start, oldest first, and its parent. */
  readonly message: (agentMessages: ReadonlyArray<string>, parent: CommitId) => Effect.Effect<string>
}

export class Repositories extends Context.Tag("opentl/services/git/Repositories")<Repositories, {
  /** Updates the mirror and finds where a session's turn starts. */
  readonly prepare: (repo: Repository, branch: SessionBranch) => Effect.Effect<Preparation, RepositoryFailure>
  /** The planner's overview of a commit: the file list and the readme, within `limit` characters. */
  readonly overview: (repo: Repository, commit: CommitId, limit: number) => Effect.Effect<string, RepositoryFailure>
  /**
   * The texts of regular files of a commit, by path. A path that is missing, a link, a directory or a submodule is absent;
   * of a longer file the first `limit` bytes are returned. What is not UTF-8 becomes U+FFFD.
   */
  readonly files: (
    repo: Repository,
    commit: CommitId,
    paths: ReadonlyArray<string>,
    limit: number
  ) => Effect.Effect<ReadonlyMap<string, string>, RepositoryFailure>
  /**
   * The first path of each kind in a commit. `kindOf` names a path's kind, if it has one. Paths are read as they arrive, so
   * that a large repository costs no memory.
   */
  readonly firstPaths: (
    repo: Repository,
    commit: CommitId,
    kindOf: (path: string) => string | undefined
  ) => Effect.Effect<ReadonlyArray<string>, RepositoryFailure>
  /**
   * The entries of a commit's tree whose paths are wanted: by path, the mode and the object's id. With more than `limit`
   * of them the rest is not read.
   */
  readonly treeEntries: (
    repo: Repository,
    commit: CommitId,
    isWanted: (path: string) => boolean,
    limit: number
  ) => Effect.Effect<ReadonlyMap<string, string>, RepositoryFailure>
  /**
   * The directory of the objects that came from the remote, which a sandbox on this machine may read. Nothing in it was
   * made by a session.
   */
  readonly objectsDirectory: (repo: Repository) => Effect.Effect<string, RepositoryFailure>
  /**
   * A bundle file, for the lifetime of the scope, with `start` and its history under `refs/heads/<branch>`. None if all
   * of it is known.
   */
  readonly exportBundle: (
    repo: Repository,
    branch: BranchName,
    contents: BundleContents
  ) => Effect.Effect<Option.Option<string>, RepositoryFailure, Scope.Scope>
  /**
   * Begins to read a sandbox's bundle, which nobody changes any more, and returns. It is a hint: an `importBundle` of the same
   * goes on from there if it comes within a minute.
   */
  readonly beginImport: (repo: Repository, bundle: string, result: ResultBundle) => Effect.Effect<void>
  /**
   * Imports a sandbox's bundle as one commit of ours under the session's reference. The bundle must contain one branch
   * that descends from `start`. Returns `start`, or else `parent`, if the files are the same.
   */
  readonly importBundle: (
    repo: Repository,
    bundle: string,
    result: ResultCommit
  ) => Effect.Effect<CommitId, RepositoryFailure>
  readonly diff: (repo: Repository, from: CommitId, to: CommitId) => Effect.Effect<Diff, RepositoryFailure>
  /**
   * Pushes the commit as the branch, if the branch at the remote is still `expected` (absent: nonexistent) or deleted;
   * never onto a checked-out branch.
   */
  readonly push: (
    repo: Repository,
    branch: BranchName,
    commit: CommitId,
    expected: CommitId | undefined
  ) => Effect.Effect<void, RepositoryFailure>
}>() {}
