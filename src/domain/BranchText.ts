/** What others did to a session's branch, in words. */
import type { BranchChanged } from "./SessionEvent.ts"

/** A sentence. */
export const branchChange = ({ authors, branch, change, commit, commits }: typeof BranchChanged.Type): string => {
  const short = commit.slice(0, 12)
  const by = authors.length === 0 ? "" : ` by ${authors.join(", ")}`
  const theirs = `${commits} ${commits === 1 ? "commit" : "commits"}${by}`
  switch (change) {
    case "pushed":
      return `${theirs} on ${branch} taken in: the turn starts from ${short}`
    case "rewritten":
      return `${branch} was rewritten at the remote: the turn starts from what is there now (${short}, ${theirs}), and ` +
        "what was there before is not put back"
    case "deleted":
      return `${branch} was deleted at the remote: it is made again from ${short}`
  }
}
