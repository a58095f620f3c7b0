/** Repositories and pull requests in memory: commits are numbers, diffs are one line. */
import * as Effect from "effect/Effect"
import * as Hash from "effect/Hash"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { Diff } from "../../src/domain/Diff.ts"
import { BranchName, CommitId } from "../../src/domain/Ids.ts"
import { show } from "../../src/domain/Repository.ts"
import { Forge, ForgeError, type Proposal } from "../../src/services/forge/Forge.ts"
import { BranchNotFound, Repositories } from "../../src/services/git/Repositories.ts"

export const commit = (n: number): CommitId => CommitId.make(n.toString(16).padStart(40, "0"))

/** The diff of a change in one line of one file. */
export const oneLine = (from: string, to: string): Diff => ({
  patch: `diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\n+diff ${from} ${to}\n`,
  stat: " a.txt | 2 +-",
  changed: [{ path: "a.txt", previousPath: undefined, status: "changed", mode: "100644", previousMode: "100644" }],
  files: 1,
  insertions: 1,
  deletions: 1
})

export class FakeRemote {
  readonly pushes: Array<{ readonly branch: string; readonly commit: string }> = []
  readonly proposals: Array<Proposal> = []
  readonly imports: Array<string> = []
  /** The bundles that began to be read before they were imported. */
  readonly begun: Array<string> = []
  /** Whether pull requests are to be had. */
  pullRequests = true
  /** What a session's commit changes. */
  diff = oneLine
  /** The files of every commit, by path. */
  files: ReadonlyMap<string, string> = new Map()
  /** Those of one commit, for what differs from commit to commit. */
  filesAt: (commit: CommitId) => ReadonlyMap<string, string> = () => this.files
  /** What a proposal lacks. */
  problems: ReadonlyArray<string> = []
  /** Branches that there are not. */
  missing: ReadonlyArray<string> = []
  /** How many times a proposal still fails. */
  refusals = 0
}

export const layer = (remote: FakeRemote) =>
  Layer.mergeAll(
    Layer.succeed(
      Forge,
      Forge.of({
        remote: () => Effect.succeed({ url: "fake:", authorization: Option.none() }),
        defaultBranch: () => Effect.succeed(BranchName.make("main")),
        hasPullRequests: () => remote.pullRequests,
        propose: (proposal) =>
          Effect.suspend(() => {
            if (remote.refusals-- > 0) {
              return new ForgeError({
                operation: "opening the pull request",
                status: 500,
                reason: "down",
                isRetryable: true
              })
            }
            const opened = !remote.proposals.some((known) => known.head === proposal.head)
            remote.proposals.push(proposal)
            const url = `https://forge.test/${show(proposal.repo)}/pull/7`
            return Effect.succeed({
              opened,
              problems: remote.problems,
              pullRequest: { number: 7, url, draft: proposal.draft }
            })
          })
      })
    ),
    Layer.succeed(
      Repositories,
      Repositories.of({
        prepare: (repo, { origin, remoteTip, wantedBase }) => {
          const base = origin?.base ?? wantedBase ?? BranchName.make("main")
          return remote.missing.includes(base)
            ? new BranchNotFound({ repo: show(repo), branch: base })
            : Effect.succeed({
              base,
              commit: commit(1),
              start: Option.fromNullable(remoteTip),
              change: Option.none()
            })
        },
        overview: () => Effect.succeed("README.md"),
        files: (_repo, commit, paths) =>
          Effect.sync(() => new Map(Array.from(remote.filesAt(commit)).filter(([path]) => paths.includes(path)))),
        firstPaths: (_repo, commit, kindOf) =>
          Effect.sync(() => Array.from(remote.filesAt(commit).keys()).filter((path) => kindOf(path) !== undefined)),
        treeEntries: (_repo, commit, isWanted) =>
          Effect.sync(() =>
            new Map(
              Array.from(remote.filesAt(commit)).flatMap(([path, text]) =>
                isWanted(path) ? [[path, `100644 ${Hash.string(text)}`] as const] : []
              )
            )
          ),
        objectsDirectory: () => Effect.succeed("/dev/null"),
        exportBundle: () => Effect.succeedSome("/dev/null"),
        beginImport: (_repo, bundle) => Effect.sync(() => void remote.begun.push(bundle)),
        importBundle: (_repo, bundle) => Effect.sync(() => commit(1 + remote.imports.push(bundle))),
        diff: (_, from, to) =>
          Effect.succeed(
            from === to
              ? { patch: "", stat: "", changed: [], files: 0, insertions: 0, deletions: 0 }
              : remote.diff(from, to)
          ),
        push: (_, branch, commit) => Effect.sync(() => void remote.pushes.push({ branch, commit }))
      })
    )
  )
