/** Where repositories live and results go: GitHub, or a local git repository, which has no pull requests. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { BranchName } from "../../domain/Ids.ts"
import type { Repository } from "../../domain/Repository.ts"
import type { PullRequest } from "../../domain/SessionEvent.ts"

/** The repository does not exist, or this token cannot see it. */
export class RepositoryNotFound extends Schema.TaggedError<RepositoryNotFound>()("RepositoryNotFound", {
  repo: Schema.String,
  hint: Schema.String
}) {
  override get message() {
    return `the repository ${this.repo} was not found: ${this.hint}`
  }
}

/** The forge could not be reached, or refused the request. */
export class ForgeError extends Schema.TaggedError<ForgeError>()("ForgeError", {
  operation: Schema.String,
  status: Schema.optional(Schema.Number),
  reason: Schema.String,
  retryAfterMillis: Schema.optional(Schema.Number),
  isRetryable: Schema.Boolean
}) {
  override get message() {
    return `${this.operation} failed${this.status === undefined ? "" : ` (${this.status})`}: ${this.reason}`
  }
}

/** How git accesses a repository. */
export interface Remote {
  readonly url: string
  /**
   * The value of an `Authorization` header. It is passed in git's environment, never in a URL, an argument or a file.
   */
  readonly authorization: Option.Option<Redacted.Redacted>
}

export interface Proposal {
  readonly repo: Repository
  readonly head: BranchName
  readonly base: BranchName
  readonly title: string
  readonly body: string
  readonly draft: boolean
  /** Opened as a draft even if it needs not be one; afterwards people decide. */
  readonly opensAsDraft?: boolean
  /** Set on a pull request that is not the session's yet, as the reviewers are: people may take them away again. */
  readonly labels?: ReadonlyArray<string>
  /** People, and teams as `owner/team`. */
  readonly reviewers?: ReadonlyArray<string>
  /** The session's pull request so far. */
  readonly known?: number
}

export interface Proposed {
  readonly pullRequest: PullRequest
  readonly opened: boolean
  /** Why labels or reviewers are missing, as sentences. */
  readonly problems: ReadonlyArray<string>
}

export class Forge extends Context.Tag("opentl/services/forge/Forge")<Forge, {
  readonly remote: (repo: Repository) => Effect.Effect<Remote, RepositoryNotFound>
  readonly defaultBranch: (repo: Repository) => Effect.Effect<BranchName, RepositoryNotFound | ForgeError>
  /** Whether this repository has pull requests. */
  readonly hasPullRequests: (repo: Repository) => boolean
  /** Updates the open pull request of the head branch, or opens one. */
  readonly propose: (
    proposal: Proposal
  ) => Effect.Effect<Proposed, RepositoryNotFound | ForgeError>
}>() {}
