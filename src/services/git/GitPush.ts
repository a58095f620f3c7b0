/** Pushes one commit as one branch: forward only, and never under somebody's feet. */
import * as Effect from "effect/Effect"
import type { BranchName, CommitId } from "../../domain/Ids.ts"
import type { Repository } from "../../domain/Repository.ts"
import { Forge } from "../forge/Forge.ts"
import { Git, type GitCall, type GitOutput } from "./Git.ts"
import * as GitFailure from "./GitFailure.ts"
import type { Mirror } from "./GitMirror.ts"
import { GitError } from "./Repositories.ts"

const refuse = (reason: string) => new GitError({ operation: "push", reason })

/** `worktree list --porcelain` has a paragraph a worktree: its path, and the branch that is checked out there. */
const checkedOutAt = (listing: string, branch: BranchName): string | undefined => {
  const worktree = listing.split("\n\n").find((text) => text.split("\n").includes(`branch refs/heads/${branch}`))
  return worktree === undefined ? undefined : /^worktree (.*)$/m.exec(worktree)?.[1] ?? ""
}

/** Why a push was not taken, from git's report on the one reference and from what the remote said beside it. */
const rejection = (branch: BranchName, { exitCode, stderr, stdout }: GitOutput): string => {
  const report = /^!\t[^\t]*\t\[([^\]]*)\](?: \((.*)\))?/m.exec(stdout)
  if (report === null) return GitFailure.reasonOf(stderr, exitCode)
  const [, kind = "rejected", why = ""] = report
  if (/fetch first|non-fast-forward|stale info/.test(why)) {
    return `${branch} has commits at the remote that this session does not know, and they are not overwritten`
  }
  const said = stderr.split("\n").flatMap((line) => /^remote:\s*(.*\S)/.exec(line)?.[1] ?? []).join(" ")
  return GitFailure.scrub([`${kind}${why === "" ? "" : `, ${why}`}`, said].filter((text) => text !== "").join(": "))
    .slice(0, 800)
}

export const make = Effect.gen(function*() {
  const forge = yield* Forge
  const git = yield* Git

  const checkWorktrees = Effect.fnUntraced(function*(repo: Repository, branch: BranchName) {
    if (repo._tag !== "Local") return
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

  const isThere = (call: GitCall, url: string, branch: BranchName, commit: CommitId) =>
    Effect.map(
      git.exec({ ...call, args: ["ls-remote", "--quiet", "--", url, `refs/heads/${branch}`] }),
      ({ stdout }) => stdout.startsWith(commit)
    )

  /**
   * The same commit again is no change. When the answer to a push is lost, curl repeats it by itself and is told that
   * the branch exists: so what the remote has decides, not what was said.
   */
  return Effect.fnUntraced(function*(mirror: Mirror, repo: Repository, branch: BranchName, commit: CommitId) {
    yield* checkWorktrees(repo, branch)
    const remote = yield* forge.remote(repo)
    const call: GitCall = {
      operation: "push",
      directory: mirror.directory,
      remote,
      args: [
        "push",
        "--porcelain",
        "--no-verify",
        "--recurse-submodules=no",
        "--",
        remote.url,
        `${commit}:refs/heads/${branch}`
      ]
    }
    const output = yield* git.exec(call)
    if (output.exitCode === 0 || (yield* isThere(call, remote.url, branch, commit))) return
    return yield* refuse(rejection(branch, output))
  })
})
