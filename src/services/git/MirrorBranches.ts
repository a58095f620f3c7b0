/**
 * What a mirror has of the remote's branches, beside what the remote has. Where that is on this machine two processes tell all
 * of it; elsewhere the remote's server is asked for the branches that somebody needs.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type BranchName, CommitId } from "../../domain/Ids.ts"
import type { Remote } from "../forge/Forge.ts"
import { Git } from "./Git.ts"
import * as MirrorFiles from "./MirrorFiles.ts"
import * as RemoteBranches from "./RemoteBranches.ts"
import { GitError, type RepositoryFailure } from "./Repositories.ts"

/** The branches that somebody needs. */
export interface Wanted {
  /** Those whose names are known; the default branch may be wanted without that. */
  readonly known: RemoteBranches.Question
  /** All names, for which the forge may have to be asked. */
  readonly all: Effect.Effect<ReadonlyArray<BranchName>, RepositoryFailure>
}

/** The commits of some branches, if known. */
export type Tips = Option.Option<ReadonlyArray<Option.Option<CommitId>>>

/** The mirror's branches beside those of the remote. */
export interface Compared {
  /** Whether the remote has the branch otherwise, or may have. */
  readonly isOutdated: (branch: string) => boolean
  /** The branches' commits, where each of them is one or does not exist. */
  readonly tips: (branches: ReadonlyArray<string>) => Tips
}

interface Tip {
  readonly id: string
  readonly type: string
}

const decodeCommit = Schema.decodeUnknownOption(CommitId)

const tipsIn = (mirror: ReadonlyMap<string, Tip>) => (branches: ReadonlyArray<string>): Tips =>
  Option.all(branches.map((name) => {
    const tip = mirror.get(name)
    if (tip === undefined) return Option.some(Option.none())
    return tip.type === "commit" ? Option.map(decodeCommit(tip.id), Option.some) : Option.none()
  }))

const readTips = (lines: string): ReadonlyMap<string, Tip> =>
  new Map(
    lines.split("\n").flatMap((line) => {
      const [name, id, type] = line.split(" ")
      return name === undefined || id === undefined || type === undefined ? [] : [[name, { id, type }] as const]
    })
  )

const inMirror = "refs/remotes/origin"

export const make = Effect.gen(function*() {
  const git = yield* Git
  const { hasObjects } = yield* MirrorFiles.make
  const remotes = yield* RemoteBranches.make

  /** The branches below a namespace, all or some of them. */
  const branchesIn = (
    directory: string,
    namespace: string,
    environment: Readonly<Record<string, string>>,
    names?: ReadonlyArray<BranchName>
  ) =>
    git.run({
      operation: "read",
      directory,
      environment,
      // with the type, git reads the object, and fails if it is missing
      args: [
        "for-each-ref",
        `--format=%(refname:lstrip=${namespace.split("/").length}) %(objectname) %(objecttype)`,
        ...names?.map((name) => `${namespace}/${name}`) ?? [namespace]
      ]
    }).pipe(
      Effect.filterOrFail(({ stderr }) => stderr === "", ({ stderr }) =>
        new GitError({ operation: "read", reason: stderr })),
      Effect.map(({ stdout }) =>
        readTips(stdout)
      )
    )

  const mirrored = (directory: string, names?: ReadonlyArray<BranchName>) =>
    branchesIn(directory, inMirror, { GIT_OBJECT_DIRECTORY: MirrorFiles.objectsIn(directory) }, names)

  /** With all branches of a repository on this machine. */
  const withLocal = (path: string, directory: string): Effect.Effect<Option.Option<Compared>> =>
    Effect.zipWith(
      branchesIn(path, "refs/heads", {}),
      mirrored(directory),
      (source, mirror): Compared => ({
        isOutdated: (name) => source.get(name)?.id !== mirror.get(name)?.id,
        tips: tipsIn(mirror)
      }),
      { concurrent: true }
    ).pipe(Effect.option)

  /** With those of a remote that are wanted. It is not asked for a mirror that has nothing yet, which takes a fetch. */
  const withRemote = Effect.fnUntraced(
    function*(
      remote: Remote,
      directory: string,
      { all, known }: Wanted
    ): Effect.fn.Return<Compared, RemoteBranches.Unanswered | RepositoryFailure> {
      if (!(yield* hasObjects(directory))) return yield* new RemoteBranches.Unanswered({ reason: "nothing to compare" })
      return yield* Effect.zipWith(
        remotes.ask(remote, known),
        Effect.flatMap(all, (names) => mirrored(directory, names)),
        (answer, mirror): Compared => ({
          isOutdated: (name) => {
            const tip = answer.get(name)
            return tip === undefined || Option.getOrUndefined(tip) !== mirror.get(name)?.id
          },
          tips: tipsIn(mirror)
        }),
        { concurrent: true }
      )
    },
    Effect.option
  )

  return { withLocal, withRemote }
})
