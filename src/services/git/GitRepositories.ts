/** `Repositories` over git and the mirrors. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { CommitId } from "../../domain/Ids.ts"
import { show } from "../../domain/Repository.ts"
import { Forge } from "../forge/Forge.ts"
import { Git } from "./Git.ts"
import * as GitBundles from "./GitBundles.ts"
import * as GitMirror from "./GitMirror.ts"
import * as GitOverview from "./GitOverview.ts"
import * as GitPush from "./GitPush.ts"
import { BranchNotFound, type Diff, GitError, Repositories } from "./Repositories.ts"

/** A larger diff is cut: it is stored, shown and reviewed as text. */
const maxPatchBytes = 20 * 1024 * 1024
const maxListBytes = 8 * 1024 * 1024
const maxStatFiles = 300

const decodeCommit = Schema.decodeUnknown(CommitId)

/** The line that closes git's statistics: " 3 files changed, 10 insertions(+), 2 deletions(-)". */
const statistics = (output: string): Omit<Diff, "patch"> => {
  const lines = output.trimEnd().split("\n")
  const total = lines.at(-1) ?? ""
  const count = (what: RegExp) => Number(what.exec(total)?.[1] ?? 0)
  return {
    stat: lines.slice(0, -1).join("\n"),
    files: count(/(\d+) files? changed/),
    insertions: count(/(\d+) insertions?/),
    deletions: count(/(\d+) deletions?/)
  }
}

/** Cut behind the last whole file, so that what is left still applies; or in the middle of the only one. */
const cutPatch = (patch: string): string => {
  const end = patch.lastIndexOf("\ndiff --git ")
  return `${
    end > 0 ? patch.slice(0, end + 1) : `${patch}\n`
  }# The diff is longer than ${maxPatchBytes} bytes and ends here.\n`
}

export const layer = Layer.scoped(
  Repositories,
  Effect.gen(function*() {
    const forge = yield* Forge
    const git = yield* Git
    const mirrors = yield* GitMirror.make
    const bundles = yield* GitBundles.make
    const pushTo = yield* GitPush.make

    const prepare: Repositories["Type"]["prepare"] = Effect.fn("Repositories.prepare")(
      function*(repo, wanted) {
        const base = wanted ?? (yield* forge.defaultBranch(repo))
        const mirror = yield* mirrors.open(repo)
        yield* mirrors.fetch(repo, mirror)
        const { exitCode, stdout } = yield* git.exec({
          operation: "read",
          directory: mirror.directory,
          args: ["rev-parse", "--verify", "--quiet", `refs/remotes/origin/${base}^{commit}`]
        })
        if (exitCode !== 0) return yield* new BranchNotFound({ repo: show(repo), branch: base })
        const commit = yield* Effect.mapError(
          decodeCommit(stdout.trim()),
          (error) => new GitError({ operation: "read", reason: error.message })
        )
        return { base, commit }
      },
      Effect.scoped
    )

    const overview: Repositories["Type"]["overview"] = Effect.fn("Repositories.overview")(
      function*(repo, commit, limit) {
        const { directory } = yield* mirrors.openAt(repo, commit)
        const tree = yield* git.run({
          operation: "ls-tree",
          directory,
          args: ["ls-tree", "-r", "-z", "--name-only", commit],
          maxBytes: maxListBytes
        })
        const paths = tree.stdout.split("\0").filter((path) => path !== "")
        const files = yield* Effect.forEach(GitOverview.keyFiles(paths), (path) =>
          git.run({
            operation: "read",
            directory,
            args: ["cat-file", "blob", `${commit}:${path}`],
            maxBytes: limit
          }).pipe(Effect.map(({ stdout }) => ({ path, text: stdout }))))
        return GitOverview.overview(paths, files, limit)
      },
      Effect.scoped
    )

    const diff: Repositories["Type"]["diff"] = Effect.fn("Repositories.diff")(
      function*(repo, from, to) {
        const { directory } = yield* mirrors.openAt(repo, to)
        const run = (maxBytes: number, ...args: ReadonlyArray<string>) =>
          git.run({
            operation: "diff",
            directory,
            args: ["diff", "--no-ext-diff", "--no-textconv", "--no-color", "--find-renames", ...args, from, to, "--"],
            maxBytes
          })
        const patch = yield* run(maxPatchBytes, "--binary", "--full-index")
        const stat = yield* run(maxListBytes, "--stat=100", `--stat-count=${maxStatFiles}`)
        return { ...statistics(stat.stdout), patch: patch.isCut ? cutPatch(patch.stdout) : patch.stdout }
      },
      Effect.scoped
    )

    return Repositories.of({
      prepare,
      overview,
      diff,
      exportBundle: Effect.fn("Repositories.exportBundle")(function*(repo, branch, commit) {
        const mirror = yield* mirrors.openAt(repo, commit)
        return yield* bundles.exportBundle(mirror, branch, commit)
      }),
      importBundle: Effect.fn("Repositories.importBundle")(function*(repo, session, bundle, from) {
        const mirror = yield* mirrors.openAt(repo, from)
        return yield* bundles.importBundle(mirror, session, bundle, from)
      }, Effect.scoped),
      push: Effect.fn("Repositories.push")(function*(repo, branch, commit) {
        const mirror = yield* mirrors.openAt(repo, commit)
        yield* pushTo(mirror, repo, branch, commit)
      }, Effect.scoped)
    })
  })
)
