/** Pushes one commit as one branch, only onto the known state of that branch and never onto a checked-out one. */
import * as Effect from "effect/Effect"
import type { BranchName, CommitId } from "../../domain/Ids.ts"
import type { Repository } from "../../domain/Repository.ts"
import { Forge } from "../forge/Forge.ts"
import { Git, type GitOutput } from "./Git.ts"
import type { GitCall } from "./GitCommand.ts"
import * as GitFailure from "./GitFailure.ts"
import type { Mirror } from "./GitMirror.ts"
import * as LocalHead from "./LocalHead.ts"
import { GitError } from "./Repositories.ts"

const refuse = (reason: string) => new GitError({ operation: "push", reason })

/**
 * The directory of the worktree that has the branch checked out. `worktree list --porcelain` prints a paragraph per
 * worktree, with its path and branch.
 */
const checkedOutAt = (listing: string, branch: BranchName): string | undefined => {
  const worktree = listing.split("\n\n").find((text) => text.split("\n").includes(`branch refs/heads/${branch}`))
  return worktree === undefined ? undefined : /^worktree (.*)$/m.exec(worktree)?.[1] ?? ""
}

/** Why a push was rejected, from git's report on the reference and from the remote's messages. */
const rejection = (branch: BranchName, { exitCode, stderr, stdout }: GitOutput): string => {
  const report = /^!\t[^\t]*\t\[([^\]]*)\](?: \((.*)\))?/m.exec(stdout)
  if (report === null) return GitFailure.reasonOf(stderr, exitCode)
  const [, kind = "rejected", why = ""] = report
  if (/fetch first|non-fast-forward|stale info/.test(why)) {
    return `${branch} has commits at the remote that this session does not know about; they were not overwritten. ` +
      "Send the session a message, and its next turn will include them"
  }
  const said = stderr.split("\n").flatMap((line) => /^remote:\s*(.*\S)/.exec(line)?.[1] ?? []).join(" ")
  return GitFailure.scrub([`${kind}${why === "" ? "" : `, ${why}`}`, said].filter((text) => text !== "").join(": "))
    .slice(0, 800)
}

export const make = Effect.gen(function*() {
  const forge = yield* Forge
  const git = yield* Git
  const { isElsewhere } = yield* LocalHead.make

  const checkWorktrees = Effect.fnUntraced(function*(repo: Repository, branch: BranchName) {
    if (repo._tag !== "Local" || (yield* isElsewhere(repo.path, branch))) return
    const { stdout } = yield* git.run({
      operation: "push",
      directory: repo.path,
      args: ["worktree", "list", "--porcelain"]
    })
    const place = checkedOutAt(stdout, branch)
    if (place !== undefined) {
      return yield* refuse(`${branch} is checked out in ${place}: switch to another branch there`)
    }
  })

  /** The branch's commit at the remote now; empty if it does not exist. */
  const tipOf = (call: GitCall, url: string, branch: BranchName) =>
    Effect.map(
      git.run({ ...call, args: ["ls-remote", "--quiet", "--", url, `refs/heads/${branch}`] }),
      ({ stdout }) => stdout.split("\t")[0] ?? ""
    )

  /**
   * Pushing the same commit again changes nothing. When the response to a push is lost, curl repeats it by itself and
   * is told that the branch exists, so the remote's state decides, not git's report. The remote itself checks that the
   * branch is as expected at the moment of the push (a lease), so that nothing of others is overwritten, not even a
   * reset to an earlier commit.
   */
  return Effect.fnUntraced(
    function*(
      mirror: Mirror,
      repo: Repository,
      branch: BranchName,
      commit: CommitId,
      expected: CommitId | undefined
    ) {
      yield* checkWorktrees(repo, branch)
      const remote = yield* forge.remote(repo)
      const push = (expected: string): GitCall => ({
        operation: "push",
        directory: mirror.directory,
        remote,
        args: [
          "push",
          "--porcelain",
          "--no-verify",
          "--recurse-submodules=no",
          `--force-with-lease=refs/heads/${branch}:${expected}`,
          "--",
          remote.url,
          `${commit}:refs/heads/${branch}`
        ]
      })
      const first = push(expected ?? "")
      const output = yield* git.exec(first)
      if (output.exitCode === 0) return
      const tip = yield* Effect.orElseSucceed(tipOf(first, remote.url, branch), () => "unknown")
      if (tip === commit) return
      // deleted in the meantime: push it again
      const again = tip === "" && expected !== undefined ? yield* git.exec(push("")) : output
      if (again.exitCode !== 0) return yield* refuse(rejection(branch, again))
    }
  )
})
