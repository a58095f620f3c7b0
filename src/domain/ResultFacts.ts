/** The facts of a round's result: what was changed, what the gate, the checks and the review said of it, and where it went. */
import * as Schema from "effect/Schema"
import { fact } from "./Fact.ts"
import { Gate } from "./Gate.ts"
import { BranchName, CommitId, Ordinal } from "./Ids.ts"
import { Review } from "./Review.ts"
import { Verification } from "./Verification.ts"
import { key, optional } from "./Wire.ts"

export const Changes = Schema.Struct({
  commit: CommitId,
  files: Schema.NonNegativeInt,
  insertions: Schema.NonNegativeInt,
  deletions: Schema.NonNegativeInt
})
export type Changes = typeof Changes.Type

export const ChangesCollected = fact("ChangesCollected", {
  turn: Ordinal,
  round: Ordinal,
  changes: Changes,
  /** One line a file, as `git diff --stat` has it. */
  stat: Schema.String,
  /** Where each round has a commit: why the work of the one before has none of its own, and is in this one. */
  joined: optional(Schema.Literal("secrets", "unscanned"))
})
export const NothingChanged = fact("NothingChanged", { turn: Ordinal, round: Ordinal })

/** The changes were looked through for secrets. */
export const GateHeld = fact("GateHeld", { turn: Ordinal, round: Ordinal, commit: CommitId, gate: Gate })

/** The repository's checks were run on the committed tree. The tails are short: the whole ones are stored beside. */
export const VerifyHeld = fact("VerifyHeld", {
  turn: Ordinal,
  round: Ordinal,
  commit: CommitId,
  verification: Verification
})

export const ReviewHeld = fact("ReviewHeld", {
  turn: Ordinal,
  round: Ordinal,
  /** The commit that was reviewed. Absent in logs of earlier versions. */
  commit: optional(CommitId),
  review: Review,
  /** In how many parts the diff was reviewed, if it was too long for one question. */
  parts: optional(Schema.Positive.pipe(Schema.int()))
})

export const BranchPushed = fact("BranchPushed", {
  turn: Ordinal,
  branch: BranchName,
  commit: CommitId,
  /** Whether the forge has pull requests; a local repository's result is the branch itself. */
  pullRequests: key("pull_requests", Schema.Boolean)
})
export const PullRequest = Schema.Struct({ number: Schema.Int, url: Schema.String, draft: Schema.Boolean })
export type PullRequest = typeof PullRequest.Type
export const PullRequestOpened = fact("PullRequestOpened", {
  turn: Ordinal,
  pullRequest: key("pull_request", PullRequest)
})
/** Something that was wished for the pull request could not be had. */
export const ProposalFlawed = fact("ProposalFlawed", { turn: Ordinal, problem: Schema.String })
export const PullRequestUpdated = fact("PullRequestUpdated", {
  turn: Ordinal,
  pullRequest: key("pull_request", PullRequest)
})
