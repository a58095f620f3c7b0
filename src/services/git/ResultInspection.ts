/**
 * Inspects a sandbox's commit before anything else reads it: its history, the number of its files and directories, their
 * depth and names, the sizes of changed files. All of it is counted while git streams the list.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { CommitId } from "../../domain/Ids.ts"
import { ResultRefused } from "./Repositories.ts"
import * as ResultHistory from "./ResultHistory.ts"
import type { ResultLimits } from "./ResultLimits.ts"
import { UntrustedGit } from "./UntrustedGit.ts"

/** The size of a commit's tree. */
export interface Extent {
  readonly entries: number
  readonly depth: number
  readonly path: number
  readonly name: number
}

const empty: Extent = { entries: 0, depth: 0, path: 0, name: 0 }

const lengthOfName = (path: string): number => path.length - 1 - path.lastIndexOf("/")

const slashes = (path: string): number => {
  let count = 0
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) count++
  return count
}

const extended = (extent: Extent, paths: ReadonlyArray<string>): Extent => {
  let { depth, name, path } = extent
  for (const each of paths) {
    depth = Math.max(depth, slashes(each))
    path = Math.max(path, each.length)
    name = Math.max(name, lengthOfName(each))
  }
  return { entries: extent.entries + paths.length, depth, path, name }
}

/** The limit that the extent exceeds, given the extent of the base commit. */
const excess = (extent: Extent, base: Extent, limits: ResultLimits): string | undefined => {
  const most = base.entries + limits.entries
  if (extent.entries > most) return `it has more than ${most} files and directories`
  const depth = Math.max(limits.depth, base.depth)
  if (extent.depth > depth) return `its directories are nested more than ${depth} deep`
  const path = Math.max(limits.path, base.path)
  if (extent.path > path) return `a path in it is longer than ${path} bytes`
  const name = Math.max(limits.name, base.name)
  if (extent.name > name) return `a name in it is longer than ${name} bytes`
  return undefined
}

interface Change {
  readonly mode: string
  readonly object: string
}

const changeRecord = /^:\d{6} (\d{6}) [0-9a-f]+ ([0-9a-f]+) [A-Z]$/

/** Parses `:<old mode> <new mode> <old object> <new object> <status>` records, which alternate with paths. */
const changesIn = (records: ReadonlyArray<string>): ReadonlyArray<Change> =>
  records.flatMap((record) => {
    const [, mode, object] = changeRecord.exec(record) ?? []
    return mode === undefined || object === undefined ? [] : [{ mode, object }]
  })

const isSubmodule = ({ mode }: Change): boolean => mode === "160000"
const isDeletion = ({ mode }: Change): boolean => mode === "000000"
const isLink = ({ mode }: Change): boolean => mode === "120000"

/** A commit, and the one that it was made from. */
export interface Inspected {
  readonly start: CommitId
  readonly tip: CommitId
}

/** The same, to be compared with the extent of `start`. */
export interface Measured extends Inspected {
  readonly base: Extent
}

export const make = Effect.gen(function*() {
  const git = yield* UntrustedGit
  const history = yield* ResultHistory.make

  const refuse = (reason: string) => new ResultRefused({ reason })

  const extentOf = (directory: string, commit: CommitId, goesOn: (extent: Extent) => boolean) =>
    git.fold({ operation: "import", directory, args: ["ls-tree", "-r", "-t", "-z", "--name-only", commit] }, {
      initial: empty,
      while: goesOn,
      step: extended
    })

  const extent = Effect.fnUntraced(
    function*(directory: string, base: Extent, tip: CommitId, limits: ResultLimits) {
      const isWithin = (extent: Extent) => excess(extent, base, limits) === undefined
      const reason = excess(yield* extentOf(directory, tip, isWithin), base, limits)
      if (reason !== undefined) return yield* refuse(reason)
    }
  )

  /** What is new or different since the start. Call only when the number of files is known to be limited. */
  const changes = Effect.fnUntraced(
    function*(directory: string, start: CommitId, tip: CommitId, limits: ResultLimits) {
      const found = yield* git.fold({
        operation: "import",
        directory,
        args: ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", start, tip]
      }, {
        initial: new Array<Change>(),
        while: (changes) => changes.length <= limits.changes,
        step: (changes, records) => {
          changes.push(...changesIn(records))
          return changes
        }
      })
      return found.length > limits.changes ? yield* refuse(`it changes more than ${limits.changes} files`) : found
    }
  )

  const sizes = Effect.fnUntraced(
    function*(directory: string, all: ReadonlyArray<Change>, limits: ResultLimits) {
      const changes = all.filter((change) => !isDeletion(change) && !isSubmodule(change))
      if (changes.length === 0) return
      const { stdout } = yield* git.run({
        operation: "import",
        directory,
        args: ["cat-file", "--batch-check=%(objectsize)"],
        stdin: changes.map(({ object }) => `${object}\n`).join(""),
        maxBytes: 32 * limits.changes
      })
      const found = stdout.split("\n").slice(0, changes.length).map(Number)
      if (found.length < changes.length || found.some(Number.isNaN)) return yield* refuse("one of its files is missing")
      const total = found.reduce((sum, size) => sum + size, 0)
      const inMegabytes = (bytes: number) => `${bytes / 1024 ** 2} MiB`
      if (found.some((size) => size > limits.file)) {
        return yield* refuse(`a changed file is larger than ${inMegabytes(limits.file)}`)
      }
      if (total > limits.changed) {
        return yield* refuse(`its changed files are larger than ${inMegabytes(limits.changed)} in total`)
      }
      if (changes.some((change, i) => isLink(change) && (found[i] ?? 0) > limits.link)) {
        return yield* refuse(`a symbolic link in it has a target of more than ${limits.link} bytes`)
      }
    }
  )

  return {
    /** The extent of a commit that is within limits. */
    extentOf: (directory: string, commit: CommitId) => extentOf(directory, commit, () => true),
    /**
     * The messages of the commits since `start`, from which the commit must descend. Fails with the first limit that they, or
     * its files and directories, exceed.
     */
    measure: Effect.fn("ResultInspection.measure")(
      function*(directory: string, { base, start, tip }: Measured, limits: ResultLimits) {
        // at the same time, since most of it is git's start; what fails is reported in this order
        const checked = yield* Effect.all([
          history(directory, { start, tip }, limits),
          extent(directory, base, tip, limits)
        ], { concurrency: "unbounded", mode: "either" })
        const [messages] = yield* Either.all(checked)
        return messages
      }
    ),
    /** Whether a commit that was measured changes any file. Fails if it changes too many, or makes them too large. */
    compare: Effect.fn("ResultInspection.compare")(
      function*(directory: string, { start, tip }: Inspected, limits: ResultLimits) {
        const changed = yield* changes(directory, start, tip, limits)
        yield* sizes(directory, changed, limits)
        return changed.length > 0
      }
    )
  }
})
