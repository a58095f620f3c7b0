/**
 * Where a turn starts: at the current state of the session's branch at the remote. Pushed commits are included, a
 * rewritten branch is used as it is, and a deleted one is recreated from its last known commit.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { BranchName, CommitId } from "../../domain/Ids.ts"
import { type Repository, show } from "../../domain/Repository.ts"
import { Forge } from "../forge/Forge.ts"
import type * as GitMirror from "./GitMirror.ts"
import {
  BranchNotFound,
  type GitError,
  type Preparation,
  type RemoteChange,
  type SessionBranch
} from "./Repositories.ts"
import * as Revisions from "./Revisions.ts"
import { UntrustedGit } from "./UntrustedGit.ts"

/** How many authors are named, how long a name may be, and how many commits are searched for them. */
const mostAuthors = 3
const longestName = 60
const mostCommits = 1000

/** A reference that no repository has. */
const nowhere = "refs/opentl/none"

const remoteRef = (branch: BranchName): string => `refs/remotes/origin/${branch}`

const shownName = (name: string): string => name.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ").trim().slice(0, longestName)

/** `Ada, Bob, Carol and 2 others` */
const authorsOf = (log: string): ReadonlyArray<string> => {
  const names = Arr.dedupe(log.split("\0").map(shownName).filter((name) => name !== ""))
  return names.length <= mostAuthors
    ? names
    : [...names.slice(0, mostAuthors), `${names.length - mostAuthors} more`]
}

export const make = Effect.fnUntraced(function*(mirrors: Effect.Effect.Success<typeof GitMirror.make>) {
  const forge = yield* Forge
  // the branch contains our commits, whose files come from a sandbox
  const git = yield* UntrustedGit
  const revisions = Revisions.make(git.exec)

  /** The new commits at the remote, without those merged from the base branch. */
  const theirs = Effect.fnUntraced(
    function*(directory: string, tip: CommitId, known: Option.Option<CommitId>, base: Option.Option<CommitId>) {
      const range = [tip, ...[known, base].flatMap(Option.toArray).map((commit) => `^${commit}`)]
      const call = { operation: "read", directory }
      const { stdout } = yield* git.run({ ...call, args: ["rev-list", "--count", ...range] })
      const log = yield* git.run({
        ...call,
        args: ["log", "-z", "--no-color", "--format=%an", `--max-count=${mostCommits}`, ...range, "--"]
      })
      return { commits: Number(stdout), authors: authorsOf(log.stdout) }
    }
  )

  const changeOf = Effect.fnUntraced(
    function*(
      directory: string,
      now: Option.Option<CommitId>,
      before: Option.Option<CommitId>,
      base: Option.Option<CommitId>
    ): Effect.fn.Return<Option.Option<RemoteChange>, GitError> {
      if (Option.isNone(now)) {
        return Option.map(before, (commit) => ({ change: "deleted", commit, commits: 0, authors: [] }))
      }
      const commit = now.value
      if (Option.contains(before, commit)) return Option.none()
      const isAhead = Option.isNone(before) || (yield* revisions.isAncestor(directory, before.value, commit))
      const change = isAhead ? "pushed" : "rewritten"
      return Option.some({ change, commit, ...(yield* theirs(directory, commit, before, base)) })
    }
  )

  return Effect.fnUntraced(function*(repo: Repository, { branch, origin, remoteTip, wantedBase }: SessionBranch) {
    const known = origin?.base ?? wantedBase
    const baseBranch = yield* Effect.cached(known === undefined ? forge.defaultBranch(repo) : Effect.succeed(known))
    const wanted = {
      known: { names: known === undefined ? [branch] : [known, branch], withDefault: known === undefined },
      all: Effect.map(baseBranch, (base) => [base, branch])
    }
    // at the same time; what fails is reported in this order
    const [named, fetched] = yield* Effect.all([
      baseBranch,
      Effect.flatMap(
        mirrors.open(repo),
        (mirror) => Effect.map(mirrors.fetchFor(mirror, wanted), (tips) => ({ directory: mirror.directory, tips }))
      )
    ], { concurrency: 2, mode: "either" })
    const base = yield* named
    const { directory, tips } = yield* fetched
    const isNew = remoteTip === undefined && origin === undefined
    const revisionsAsked = [remoteRef(base), remoteRef(branch), remoteTip ?? nowhere, origin?.commit ?? nowhere]
    const [baseTip = Option.none(), now = Option.none(), before = Option.none(), earlier = Option.none()] =
      isNew && Option.isSome(tips)
        ? tips.value
        : yield* revisions.findEach(directory, revisionsAsked.map((revision) => `${revision}^{commit}`))
    const start = Option.orElse(now, () => before)
    const forked = yield* Option.match(Option.all([baseTip, start]), {
      onNone: () => Effect.succeedNone,
      onSome: ([tip, start]) => revisions.mergeBase(directory, tip, start)
    })
    // a deleted base branch does not keep a session from continuing
    const commit = Option.firstSomeOf([forked, earlier, baseTip])
    if (Option.isNone(commit)) return yield* new BranchNotFound({ repo: show(repo), branch: base })
    const change = yield* changeOf(directory, now, before, baseTip)
    return { base, commit: commit.value, start, change } satisfies Preparation
  }, Effect.scoped)
})
