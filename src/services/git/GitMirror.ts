/**
 * The bare mirrors: one per repository, fetched one operation at a time. A mirror that a killed process left
 * incomplete, locked or damaged is repaired when it is next opened.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as RcMap from "effect/RcMap"
import type * as Scope from "effect/Scope"
import * as Crypto from "node:crypto"
import type { CommitId } from "../../domain/Ids.ts"
import { Repository, show } from "../../domain/Repository.ts"
import { AppConfig } from "../config/AppConfig.ts"
import { Forge, RepositoryNotFound } from "../forge/Forge.ts"
import { check, Git, type GitOutput } from "./Git.ts"
import type { GitCall } from "./GitCommand.ts"
import * as GitFailure from "./GitFailure.ts"
import { GitError, type RepositoryFailure } from "./Repositories.ts"

export interface Mirror {
  readonly directory: string
  /** The hash that names its objects: "sha1" or "sha256". */
  readonly format: string
  /** Runs operations that change references one after another. */
  readonly exclusively: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** With more packs than this, a mirror is repacked, which takes a moment now and saves many later. */
const manyPacks = 50

const directoryName = (repo: Repository): string =>
  `${Crypto.createHash("sha256").update(show(repo)).digest("hex").slice(0, 16)}.git`

/** Our own references are elsewhere (refs/heads, refs/opentl), so that a fetch never touches them. */
const headsRefspec = "+refs/heads/*:refs/remotes/origin/*"

export const make = Effect.gen(function*() {
  const { dataDir } = yield* AppConfig
  const forge = yield* Forge
  const fs = yield* FileSystem.FileSystem
  const git = yield* Git
  const root = `${dataDir}/mirrors`

  const trouble = (operation: string) =>
    Effect.mapError((error: { readonly message: string }) => new GitError({ operation, reason: error.message }))

  const namesIn = (directory: string, recursive = false) =>
    Effect.orElseSucceed(fs.readDirectory(directory, { recursive }), () => [])

  /** Removes stale locks and incomplete packs: nobody else writes here, so they were left by a killed process. */
  const sweep = Effect.fnUntraced(function*(directory: string) {
    const isLock = (name: string) => name.endsWith(".lock")
    const isHalf = (name: string) => name.startsWith("tmp_") || name.startsWith("incoming-")
    const found = [
      ...(yield* namesIn(directory)).filter(isLock),
      ...(yield* namesIn(`${directory}/refs`, true)).filter(isLock).map((name) => `refs/${name}`),
      ...(yield* namesIn(`${directory}/objects`)).filter(isHalf).map((name) => `objects/${name}`),
      ...(yield* namesIn(`${directory}/objects/info`)).filter(isLock).map((name) => `objects/info/${name}`),
      ...(yield* namesIn(`${directory}/objects/pack`)).filter(isHalf).map((name) => `objects/pack/${name}`)
    ]
    yield* Effect.forEach(found, (name) => fs.remove(`${directory}/${name}`, { recursive: true, force: true }))
  }, trouble("cleanup"))

  const broken = (directory: string) => `${directory}.broken`

  /** Moves a damaged mirror aside and recreates it. The old one is kept meanwhile, and searched for sessions' work. */
  const setAside = Effect.fnUntraced(function*(directory: string) {
    yield* Effect.logWarning(`the mirror ${directory} is damaged and will be recreated`)
    yield* fs.remove(broken(directory), { recursive: true, force: true })
    yield* fs.rename(directory, broken(directory))
  }, trouble("cleanup"))

  const putBack = Effect.fnUntraced(function*(directory: string) {
    yield* fs.remove(directory, { recursive: true, force: true })
    yield* fs.rename(broken(directory), directory)
  }, trouble("cleanup"))

  const objectFormat = Effect.fnUntraced(function*(repo: Repository) {
    if (repo._tag === "GitHub") return "sha1"
    const { stdout } = yield* git.run({
      operation: "read",
      directory: repo.path,
      args: ["rev-parse", "--show-object-format", "--is-shallow-repository"]
    })
    const [format = "sha1", isShallow] = stdout.split("\n")
    if (isShallow !== "true") return format
    const reason = `${repo.path} is a shallow clone: complete it with git fetch --unshallow`
    return yield* new GitError({ operation: "read", reason })
  })

  /** Creates the mirror, or completes an existing one. */
  const initialise = Effect.fnUntraced(function*(repo: Repository, directory: string) {
    const format = yield* objectFormat(repo)
    const init = git.run({
      operation: "init",
      directory: root,
      args: ["init", "--quiet", "--bare", "--template=", `--object-format=${format}`, directory]
    }).pipe(Effect.zipRight(git.run({ operation: "init", directory, args: ["rev-parse", "--git-dir"] })))
    yield* Effect.catchAll(init, () => Effect.zipRight(setAside(directory), init))
    return format
  })

  const mirrors = yield* RcMap.make({
    lookup: (repo: Repository): Effect.Effect<Mirror, RepositoryFailure> =>
      Effect.gen(function*() {
        yield* forge.remote(repo)
        const directory = `${root}/${directoryName(repo)}`
        yield* sweep(directory)
        const format = yield* initialise(repo, directory)
        const semaphore = yield* Effect.makeSemaphore(1)
        return { directory, format, exclusively: semaphore.withPermits(1) }
      }),
    idleTimeToLive: "10 minutes"
  })

  const repack = Effect.fnUntraced(function*(directory: string) {
    const packs = (yield* namesIn(`${directory}/objects/pack`)).filter((name) => name.endsWith(".pack"))
    if (packs.length <= manyPacks) return
    yield* git.run({ operation: "repack", directory, args: ["repack", "-d", "--quiet", "--geometric=2"] })
  }, Effect.ignoreLogged /* the mirror is only larger than necessary */)

  /**
   * Whether the mirror has exactly the branches of a repository on this machine. A fetch that changes nothing starts six
   * processes to find that out.
   */
  const isCurrent = (repo: Repository, directory: string) => {
    if (repo._tag !== "Local") return Effect.succeed(false)
    const branches = (directory: string, namespace: string) =>
      git.run({
        operation: "read",
        directory,
        // with the type, git reads the object, and fails if it is missing
        args: [
          "for-each-ref",
          `--format=%(objectname) %(objecttype) %(refname:lstrip=${namespace.split("/").length})`,
          namespace
        ]
      })
    return Effect.zipWith(
      branches(repo.path, "refs/heads"),
      branches(directory, "refs/remotes/origin"),
      (source, mirror) => source.stdout === mirror.stdout && source.stderr + mirror.stderr === "",
      { concurrent: true }
    ).pipe(Effect.orElseSucceed(() => false))
  }

  /** Fetches the remote's branches. Locks and damage from an earlier crash are repaired, once. */
  const fetch = (repo: Repository, { directory, exclusively }: Mirror): Effect.Effect<void, RepositoryFailure> =>
    Effect.gen(function*() {
      const remote = yield* forge.remote(repo)
      if (yield* isCurrent(repo, directory)) return
      const call: GitCall = {
        operation: "fetch",
        directory,
        remote,
        args: ["fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--", remote.url, headsRefspec]
      }
      const remake = Effect.gen(function*() {
        yield* setAside(directory)
        yield* initialise(repo, directory)
        const output = yield* git.exec(call)
        if (output.exitCode !== 0) return yield* Effect.as(putBack(directory), output)
        const rescue = ["fetch", "--quiet", "--no-tags", "--", broken(directory), "+refs/opentl/*:refs/opentl/*"]
        yield* git.exec({ operation: "rescue", directory, args: rescue })
        return output
      })
      const mend = (output: GitOutput): Effect.Effect<GitOutput, GitError> =>
        GitFailure.isLocked(output.stderr)
          ? Effect.zipRight(sweep(directory), git.exec(call))
          : GitFailure.isCorrupt(output.stderr)
          ? remake
          : Effect.succeed(output)
      const first = yield* git.exec(call)
      const output = first.exitCode === 0 ? first : yield* mend(first)
      if (output.exitCode !== 0 && GitFailure.isNotFound(output.stderr)) {
        const hint = GitFailure.reasonOf(output.stderr, output.exitCode)
        return yield* new RepositoryNotFound({ repo: show(repo), hint })
      }
      yield* check(call, output)
      yield* repack(directory)
    }).pipe(exclusively)

  /** The key is computed here, so that equal repositories share one mirror. */
  const open = (repo: Repository): Effect.Effect<Mirror, RepositoryFailure, Scope.Scope> =>
    RcMap.get(mirrors, Repository.$match(repo, { GitHub: Repository.GitHub, Local: Repository.Local }))

  const has = (directory: string, commit: CommitId) =>
    Effect.map(
      git.exec({ operation: "read", directory, args: ["cat-file", "-e", `${commit}^{commit}`] }),
      ({ exitCode }) => exitCode === 0
    )

  return {
    open,
    fetch,
    /**
     * Uses a mirror that has a commit. A recreated mirror may lack it. Asking first would cost a process each time, so it
     * is asked only when the use has failed; then the commit is fetched, and it is used again.
     */
    withCommit: Effect.fnUntraced(function*<A, E, R>(
      repo: Repository,
      commit: CommitId,
      use: (mirror: Mirror) => Effect.Effect<A, E, R>
    ) {
      const mirror = yield* open(repo)
      const again = Effect.gen(function*() {
        yield* fetch(repo, mirror)
        if (yield* has(mirror.directory, commit)) return yield* use(mirror)
        return yield* new GitError({
          operation: "read",
          reason: `${show(repo)} has no commit ${commit.slice(0, 12)}, or no longer has it`
        })
      })
      return yield* Effect.catchAll(
        use(mirror),
        (error) => Effect.if(has(mirror.directory, commit), { onTrue: () => Effect.fail(error), onFalse: () => again })
      )
    })
  }
})
