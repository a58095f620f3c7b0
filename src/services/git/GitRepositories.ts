/** `Repositories` on git and the mirrors. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as GitBundles from "./GitBundles.ts"
import * as GitDiff from "./GitDiff.ts"
import * as GitMirror from "./GitMirror.ts"
import * as GitOverview from "./GitOverview.ts"
import * as GitPush from "./GitPush.ts"
import { Repositories } from "./Repositories.ts"
import * as SandboxResults from "./SandboxResults.ts"
import * as SessionBranches from "./SessionBranches.ts"
import { UntrustedGit } from "./UntrustedGit.ts"

const maxListBytes = 8 * 1024 * 1024

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

    const compare = yield* GitDiff.make

    const diff: Repositories["Type"]["diff"] = Effect.fn("Repositories.diff")(
      function*(repo, from, to) {
        const { directory } = yield* mirrors.openAt(repo, to)
        return yield* compare({ directory, from, to })
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
