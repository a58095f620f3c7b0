/**
 * The bare mirrors: one per repository, fetched one operation at a time. A mirror that a killed process left
 * incomplete, locked or damaged is repaired when it is next opened.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as RcMap from "effect/RcMap"
import type * as Scope from "effect/Scope"
import * as Crypto from "node:crypto"
import type { CommitId } from "../../domain/Ids.ts"
import { Repository, show } from "../../domain/Repository.ts"
import { AppConfig } from "../config/AppConfig.ts"
import { Forge, type Remote, RepositoryNotFound } from "../forge/Forge.ts"
import * as SharedRun from "../support/SharedRun.ts"
import { check, Git, type GitOutput } from "./Git.ts"
import type { GitCall } from "./GitCommand.ts"
import * as GitFailure from "./GitFailure.ts"
import * as MirrorBranches from "./MirrorBranches.ts"
import * as MirrorFiles from "./MirrorFiles.ts"
import { objectsIn, remoteOnly } from "./MirrorFiles.ts"
import { GitError, type RepositoryFailure } from "./Repositories.ts"

export interface Mirror {
  readonly directory: string
  /** The directory with the objects that came from the remote, and with nothing that a sandbox made. */
  readonly objects: string
  /** The hash that names its objects: "sha1" or "sha256". */
  readonly format: string
  /** Runs operations that change references one after another. */
  readonly exclusively: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Fetches the remote's branches: once for all sessions that ask before it begins. */
  readonly fetched: Effect.Effect<void, RepositoryFailure>
  /** Looks which branches a fetch might bring, which takes a process or two in place of six; none if only a fetch can tell. */
  readonly compared: (wanted: MirrorBranches.Wanted) => Effect.Effect<Option.Option<MirrorBranches.Compared>>
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
  const git = yield* Git
  const branches = yield* MirrorBranches.make
  const root = `${dataDir}/mirrors`
  const { broken, ensureObjects, packCount, putBack, setAside, shareObjects, sweep } = yield* MirrorFiles.make

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
      // readable for the users of sandboxes, whatever our umask; nobody else may enter the data directory
      args: ["init", "--quiet", "--bare", "--template=", "--shared=0644", `--object-format=${format}`, directory]
    }).pipe(Effect.zipRight(git.run({ operation: "init", directory, args: ["rev-parse", "--git-dir"] })))
    yield* Effect.catchAll(init, () => Effect.zipRight(setAside(directory), init))
    yield* shareObjects(directory)
    return format
  })

  /**
   * What is on this machine is compared as a whole, once for all sessions that ask before it begins. A server is asked for one
   * session's branches, and nobody waits for that: if the mirror's references change meanwhile, each of them is still one that it
   * has, and what counts is whether it is what the remote has said.
   */
  const comparison = (
    repo: Repository,
    remote: Remote,
    directory: string,
    exclusively: Mirror["exclusively"]
  ): Mirror["compared"] => {
    if (repo._tag !== "Local") return (wanted) => branches.withRemote(remote, directory, wanted)
    const shared = SharedRun.make(branches.withLocal(repo.path, directory), exclusively)
    return () => shared
  }

  const mirrors = yield* RcMap.make({
    lookup: (repo: Repository): Effect.Effect<Mirror, RepositoryFailure> =>
      Effect.gen(function*() {
        const remote = yield* forge.remote(repo)
        const directory = `${root}/${directoryName(repo)}`
        yield* sweep(directory)
        const format = yield* initialise(repo, directory)
        const semaphore = yield* Effect.makeSemaphore(1)
        const exclusively = semaphore.withPermits(1)
        return {
          directory,
          objects: objectsIn(directory),
          format,
          exclusively,
          fetched: SharedRun.make(fetch(repo, directory), exclusively),
          compared: comparison(repo, remote, directory, exclusively)
        }
      }),
    idleTimeToLive: "10 minutes"
  })

  const repackIn = Effect.fnUntraced(function*(directory: string, objects: string) {
    if ((yield* packCount(objects)) <= manyPacks) return
    yield* git.run({
      operation: "repack",
      directory,
      args: ["repack", "-d", "-l", "--quiet", "--geometric=2"],
      environment: objects === objectsIn(directory) ? remoteOnly(directory) : {}
    })
  }, Effect.ignoreLogged /* the mirror is only larger than necessary */)

  const repack = (directory: string) =>
    Effect.forEach([`${directory}/objects`, objectsIn(directory)], (objects) => repackIn(directory, objects), {
      discard: true
    })

  /** Fetches the remote's branches. Locks and damage from an earlier crash are repaired, once. */
  const fetch = (repo: Repository, directory: string): Effect.Effect<void, RepositoryFailure> =>
    Effect.gen(function*() {
      const remote = yield* forge.remote(repo)
      const call: GitCall = {
        operation: "fetch",
        directory,
        remote,
        environment: remoteOnly(directory),
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
    })

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
    /** Fetches the remote's branches, unless those that somebody needs are there: then it is known what they are. */
    fetchFor: (
      mirror: Mirror,
      wanted: MirrorBranches.Wanted
    ): Effect.Effect<MirrorBranches.Tips, RepositoryFailure> => {
      const fetched = Effect.as(mirror.fetched, Option.none())
      return Effect.flatMap(
        mirror.compared(wanted),
        Option.match({
          onNone: () => fetched,
          onSome: ({ isOutdated, tips }) =>
            Effect.flatMap(wanted.all, (names) => names.some(isOutdated) ? fetched : Effect.succeed(tips(names)))
        })
      )
    },
    /** The directory of a repository's objects from the remote. It exists before they are fetched. */
    objects: (repo: Repository) => ensureObjects(`${root}/${directoryName(repo)}`),
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
        yield* mirror.fetched
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
