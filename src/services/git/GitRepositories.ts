/** `Repositories` on git and the mirrors. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { CommitId } from "../../domain/Ids.ts"
import { show } from "../../domain/Repository.ts"
import * as RecentlyUsed from "../support/RecentlyUsed.ts"
import * as DiffCache from "./DiffCache.ts"
import * as GitBundles from "./GitBundles.ts"
import * as GitDiff from "./GitDiff.ts"
import * as GitFiles from "./GitFiles.ts"
import * as GitMirror from "./GitMirror.ts"
import * as GitOverview from "./GitOverview.ts"
import * as GitPush from "./GitPush.ts"
import { Repositories } from "./Repositories.ts"
import * as SandboxResults from "./SandboxResults.ts"
import * as SessionBranches from "./SessionBranches.ts"
import { UntrustedGit } from "./UntrustedGit.ts"

/** How many characters of diffs are kept. */
const keptDiffs = 8 * 1024 ** 2

/** How many overviews are kept: sessions on one base ask for the same one. */
const keptOverviews = 32

const maxListBytes = 8 * 1024 * 1024

export const layer = Layer.scoped(
  Repositories,
  Effect.gen(function*() {
    // a mirror contains what sandboxes made
    const git = yield* UntrustedGit
    const mirrors = yield* GitMirror.make
    const prepare = yield* SessionBranches.make(mirrors)
    const exportBundle = yield* GitBundles.make
    const results = yield* SandboxResults.make
    const pushTo = yield* GitPush.make

    /** A submodule may have the name of a file, but no text. */
    const keyFile = (directory: string, commit: CommitId, path: string, limit: number) =>
      Effect.map(
        git.exec({ operation: "read", directory, args: ["cat-file", "blob", `${commit}:${path}`], maxBytes: limit }),
        ({ exitCode, stdout }) => exitCode === 0 ? [{ path, text: stdout }] : []
      )

    const overviewIn = Effect.fnUntraced(function*(directory: string, commit: CommitId, limit: number) {
      const tree = yield* git.run({
        operation: "ls-tree",
        directory,
        args: ["ls-tree", "-r", "-z", "--name-only", commit],
        maxBytes: maxListBytes
      })
      const paths = tree.stdout.split("\0").filter((path) => path !== "")
      const files = yield* Effect.forEach(
        GitOverview.keyFiles(paths),
        (path) => keyFile(directory, commit, path, limit),
        { concurrency: 4 }
      )
      return GitOverview.overview(paths, files.flat(), limit)
    })

    const overviews = yield* RecentlyUsed.make<string>(keptOverviews)
    const compare = yield* GitDiff.make
    const diff = yield* DiffCache.make(
      keptDiffs,
      (repo, from, to) =>
        Effect.scoped(mirrors.withCommit(repo, to, ({ directory }) => compare({ directory, from, to })))
    )
    const { files, firstPaths, treeEntries } = yield* GitFiles.make

    return Repositories.of({
      prepare: Effect.fn("Repositories.prepare")(prepare),
      overview: Effect.fn("Repositories.overview")(
        (repo, commit, limit) =>
          overviews.get(
            `${commit} ${limit} ${repo._tag} ${show(repo)}`,
            mirrors.withCommit(repo, commit, ({ directory }) => overviewIn(directory, commit, limit))
          ),
        Effect.scoped
      ),
      files: Effect.fn("Repositories.files")(
        (repo, commit, paths, limit) =>
          mirrors.withCommit(repo, commit, ({ directory }) => files(directory, commit, paths, limit)),
        Effect.scoped
      ),
      firstPaths: Effect.fn("Repositories.firstPaths")(
        (repo, commit, kindOf) =>
          mirrors.withCommit(repo, commit, ({ directory }) => firstPaths(directory, commit, kindOf)),
        Effect.scoped
      ),
      treeEntries: Effect.fn("Repositories.treeEntries")(
        (repo, commit, isWanted, limit) =>
          mirrors.withCommit(repo, commit, ({ directory }) => treeEntries(directory, commit, isWanted, limit)),
        Effect.scoped
      ),
      diff: Effect.fn("Repositories.diff")(diff),
      objectsDirectory: Effect.fn("Repositories.objectsDirectory")(mirrors.objects),
      exportBundle: Effect.fn("Repositories.exportBundle")((repo, branch, contents) =>
        mirrors.withCommit(repo, contents.start, (mirror) => exportBundle(mirror, branch, contents))
      ),
      beginImport: Effect.fn("Repositories.beginImport")((repo, bundle, result) =>
        results.begin(
          bundle,
          result,
          mirrors.withCommit(repo, result.start, (mirror) => results.inspect(mirror, bundle, result))
        )
      ),
      importBundle: Effect.fn("Repositories.importBundle")(
        (repo, bundle, result) =>
          mirrors.withCommit(repo, result.start, (mirror) => results.importFrom(mirror, bundle, result)),
        Effect.scoped
      ),
      push: Effect.fn("Repositories.push")(
        (repo, branch, commit, expected) =>
          mirrors.withCommit(repo, commit, (mirror) => pushTo(mirror, repo, branch, commit, expected)),
        Effect.scoped
      )
    })
  })
).pipe(Layer.provide(UntrustedGit.layer))
