/** What a mirror has of the remote's branches, where the remote is on this machine: two processes tell all of it. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CommitId } from "../../domain/Ids.ts"
import type { Repository } from "../../domain/Repository.ts"
import { Git } from "./Git.ts"
import { objectsIn } from "./MirrorFiles.ts"
import { GitError } from "./Repositories.ts"

/** The commits of some branches, if known. */
export type Tips = Option.Option<ReadonlyArray<Option.Option<CommitId>>>

/** The mirror's branches beside those of the remote. */
export interface Compared {
  /** Whether the remote has the branch otherwise. */
  readonly isOutdated: (branch: string) => boolean
  /** The branches' commits, where each of them is one or does not exist. */
  readonly tips: (branches: ReadonlyArray<string>) => Tips
}

const unknown: Compared = { isOutdated: () => true, tips: () => Option.none() }

const decodeCommit = Schema.decodeUnknownOption(CommitId)

const tipsIn = (mirror: ReadonlyMap<string, string>) => (branches: ReadonlyArray<string>): Tips =>
  Option.all(branches.map((name) => {
    const [id, type] = mirror.get(name)?.trim().split(" ") ?? []
    if (id === undefined) return Option.some(Option.none())
    return type === "commit" ? Option.map(decodeCommit(id), Option.some) : Option.none()
  }))

export const make = Effect.gen(function*() {
  const git = yield* Git

  /** The branches below a namespace: by name, the object's id and type. */
  const branchesIn = (directory: string, namespace: string, environment = {}) =>
    git.run({
      operation: "read",
      directory,
      environment,
      // with the type, git reads the object, and fails if it is missing
      args: [
        "for-each-ref",
        `--format=%(refname:lstrip=${namespace.split("/").length}) %(objectname) %(objecttype)`,
        namespace
      ]
    }).pipe(
      Effect.filterOrFail(({ stderr }) => stderr === "", ({ stderr }) =>
        new GitError({ operation: "read", reason: stderr })),
      Effect.map(({ stdout }) =>
        new Map(
          stdout.split("\n").map((line) => {
            const space = line.indexOf(" ")
            return [line.slice(0, space), line.slice(space)] as const
          })
        )
      )
    )

  /** Where the remote is not on this machine, it takes a fetch to know. */
  return (repo: Repository, directory: string): Effect.Effect<Compared> =>
    repo._tag !== "Local" ? Effect.succeed(unknown) : Effect.zipWith(
      branchesIn(repo.path, "refs/heads"),
      branchesIn(directory, "refs/remotes/origin", { GIT_OBJECT_DIRECTORY: objectsIn(directory) }),
      (source, mirror): Compared => ({
        isOutdated: (name) => source.get(name) !== mirror.get(name),
        tips: tipsIn(mirror)
      }),
      { concurrent: true }
    ).pipe(Effect.orElseSucceed(() => unknown))
})
