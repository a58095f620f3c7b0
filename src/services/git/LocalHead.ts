/**
 * What the files of a repository on this machine say of what is checked out there, so that git need not be started. Where
 * anything is unusual, nothing is said, and git is to be asked. Read anew each time.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { BranchName } from "../../domain/Ids.ts"

/** What HEAD names where references are no files, so that no program takes them for files. */
const noFiles = "refs/heads/.invalid"

const reference = /^ref: (refs\/heads\/[^\s]+)\n?$/

/** In bytes: git searches a longer list faster than it is read here. */
const longestList = 256 * 1024

export interface LocalHead {
  /** Where the repository has its objects and references. */
  readonly directory: string
  /** The full name of the branch that HEAD names, which need not exist. */
  readonly reference: string
}

export const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem

  const exists = (file: string) => Effect.orElseSucceed(fs.exists(file), () => false)

  /** A branch that does not exist may be a directory of others. */
  const isFile = (file: string) =>
    Effect.orElseSucceed(Effect.map(fs.stat(file), ({ type }) => type === "File"), () => false)

  /** The HEAD of a repository, bare or not; of none in which it is detached, or that is another one's worktree. */
  const find = Effect.fnUntraced(function*(path: string): Effect.fn.Return<Option.Option<LocalHead>> {
    const directory = (yield* exists(`${path}/.git`)) ? `${path}/.git` : path
    const [head, hasObjects] = yield* Effect.all([
      Effect.orElseSucceed(fs.readFileString(`${directory}/HEAD`), () => ""),
      exists(`${directory}/objects`)
    ], { concurrency: 2 })
    const name = reference.exec(head)?.[1]
    return name === undefined || name === noFiles || !hasObjects
      ? Option.none()
      : Option.some({ directory, reference: name })
  })

  /** A branch can be another name of one. */
  const isSymbolic = ({ directory, reference }: LocalHead) =>
    Effect.map(
      Effect.orElseSucceed(fs.readFileString(`${directory}/${reference}`), () => ""),
      (text) => text.startsWith("ref:")
    )

  const isPacked = ({ directory, reference }: LocalHead) =>
    Effect.gen(function*() {
      const list = `${directory}/packed-refs`
      if ((yield* fs.stat(list)).size > longestList) return false
      return (yield* fs.readFileString(list)).includes(` ${reference}\n`)
    }).pipe(Effect.orElseSucceed(() => false))

  return {
    /** The HEAD of a repository whose branch exists. */
    findBorn: Effect.fn("LocalHead.findBorn")(
      function*(path: string): Effect.fn.Return<Option.Option<LocalHead>> {
        const head = yield* find(path)
        if (Option.isNone(head) || (yield* isSymbolic(head.value))) return Option.none()
        const { directory, reference } = head.value
        return (yield* isFile(`${directory}/${reference}`)) || (yield* isPacked(head.value)) ? head : Option.none()
      }
    ),
    /** Whether it is certain that no worktree has the branch. */
    isElsewhere: Effect.fn("LocalHead.isElsewhere")(
      function*(path: string, branch: BranchName): Effect.fn.Return<boolean> {
        const head = yield* find(path)
        if (Option.isNone(head) || head.value.reference === `refs/heads/${branch}`) return false
        if (yield* isSymbolic(head.value)) return false
        return yield* Effect.orElseSucceed(
          Effect.map(fs.exists(`${head.value.directory}/worktrees`), (hasOthers) => !hasOthers),
          () => false
        )
      }
    )
  }
})
