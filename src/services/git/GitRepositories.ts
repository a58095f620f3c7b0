/** `Repositories` on git and the mirrors. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { CommitId } from "../../domain/Ids.ts"
import * as GitBundles from "./GitBundles.ts"
import * as GitChanges from "./GitChanges.ts"
import * as GitMirror from "./GitMirror.ts"
import * as GitOverview from "./GitOverview.ts"
import * as GitPush from "./GitPush.ts"
import { type Diff, Repositories } from "./Repositories.ts"
import * as SandboxResults from "./SandboxResults.ts"
import * as SessionBranches from "./SessionBranches.ts"
import { UntrustedGit } from "./UntrustedGit.ts"

/** In bytes. A larger diff is cut, because it is stored, shown and reviewed as text. */
const maxPatchBytes = 20 * 1024 * 1024
const maxListBytes = 8 * 1024 * 1024
const maxStatFiles = 300

/** Parses the last line of git's statistics: " 3 files changed, 10 insertions(+), 2 deletions(-)". */
const statistics = (output: string): Omit<Diff, "patch" | "changed"> => {
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

/** Cuts after the last whole file, so that the rest still applies; or inside the only one. */
const cutPatch = (patch: string): string => {
  const end = patch.lastIndexOf("\ndiff --git ")
  return `${
    end > 0 ? patch.slice(0, end + 1) : `${patch}\n`
  }# The diff is longer than ${maxPatchBytes} bytes and ends here.\n`
}

export const layer = Layer.scoped(
  Repositories,
  Effect.gen(function*() {
    // a mirror contains what sandboxes made
    const git = yield* UntrustedGit
    const mirrors = yield* GitMirror.make
    const prepare = yield* SessionBranches.make(mirrors)
    const exportBundle = yield* GitBundles.make
    const importBundle = yield* SandboxResults.make
    const pushTo = yield* GitPush.make

    /** A submodule may have the name of a file, but no text. */
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
          git.exec({
            operation: "read",
            directory,
            args: ["cat-file", "blob", `${commit}:${path}`],
            maxBytes: limit
          }).pipe(Effect.map(({ exitCode, stdout }) => exitCode === 0 ? [{ path, text: stdout }] : [])))
        return GitOverview.overview(paths, files.flat(), limit)
      },
      Effect.scoped
    )

    const compare = (
      directory: string,
      [from, to]: readonly [from: CommitId, to: CommitId],
      maxBytes: number,
      ...args: ReadonlyArray<string>
    ) => {
      const call = (args: ReadonlyArray<string>) => ({
        operation: "diff",
        directory,
        args: ["diff", "--no-ext-diff", "--no-textconv", "--no-color", "--find-renames", ...args, from, to, "--"],
        maxBytes
      })
      // files that cannot be compared within the limits are only reported as different
      const without = { ...call(args.filter((arg) => arg !== "--binary")), config: { "core.bigFileThreshold": "1m" } }
      return Effect.orElse(git.run(call(args)), () => git.run(without))
    }

    const diff: Repositories["Type"]["diff"] = Effect.fn("Repositories.diff")(
      function*(repo, from, to) {
        const { directory } = yield* mirrors.openAt(repo, to)
        const patch = yield* compare(directory, [from, to], maxPatchBytes, "--binary", "--full-index")
        const stat = yield* compare(directory, [from, to], maxListBytes, "--stat=100", `--stat-count=${maxStatFiles}`)
        const list = yield* compare(directory, [from, to], maxListBytes, "--raw", "-z", "--full-index")
        return {
          ...statistics(stat.stdout),
          changed: GitChanges.read(list.stdout),
          patch: patch.isCut ? cutPatch(patch.stdout) : patch.stdout
        }
      },
      Effect.scoped
    )

    return Repositories.of({
      prepare: Effect.fn("Repositories.prepare")(prepare),
      overview,
      diff,
      exportBundle: Effect.fn("Repositories.exportBundle")(function*(repo, branch, contents) {
        const mirror = yield* mirrors.openAt(repo, contents.start)
        return yield* exportBundle(mirror, branch, contents)
      }),
      importBundle: Effect.fn("Repositories.importBundle")(function*(repo, bundle, result) {
        const mirror = yield* mirrors.openAt(repo, result.start)
        return yield* importBundle(mirror, bundle, result)
      }, Effect.scoped),
      push: Effect.fn("Repositories.push")(function*(repo, branch, commit, expected) {
        const mirror = yield* mirrors.openAt(repo, commit)
        yield* pushTo(mirror, repo, branch, commit, expected)
      }, Effect.scoped)
    })
  })
).pipe(Layer.provide(UntrustedGit.layer))
