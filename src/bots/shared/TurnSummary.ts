/** The result of a finished turn, for every platform to word. Pure. */
import * as Data from "effect/Data"
import type { TurnView } from "./TurnView.ts"

export type Result = Data.TaggedEnum<{
  Failed: { readonly reason: string }
  Stopped: { readonly reason: string }
  /** `name` is "Pull request #7", or "Draft pull request #7". */
  PullRequest: { readonly name: string; readonly url: string }
  /** A branch was pushed to a repository without pull requests. */
  Branch: { readonly branch: string; readonly text: string }
  /** Nothing was changed: the agent's text is the result. */
  Answer: { readonly text: string }
}>
export const Result = Data.taggedEnum<Result>()

/** The result of a turn; an empty answer while it is running. */
export const resultOf = ({ branch, end, pullRequest }: TurnView): Result => {
  const text = end?.text ?? ""
  if (end?.end === "error") return Result.Failed({ reason: text })
  if (end?.end === "cancelled") return Result.Stopped({ reason: text })
  if (pullRequest !== undefined) {
    const name = `${pullRequest.draft ? "Draft pull request" : "Pull request"} #${pullRequest.number}`
    return Result.PullRequest({ name, url: pullRequest.url })
  }
  return branch === undefined ? Result.Answer({ text }) : Result.Branch({ branch, text })
}
