/** The difference between two commits: patch, statistics and list of files, from one git process. */
import * as Effect from "effect/Effect"
import type { Diff } from "../../domain/Diff.ts"
import type { CommitId } from "../../domain/Ids.ts"
import * as GitChanges from "./GitChanges.ts"
import type { GitError } from "./Repositories.ts"
import { UntrustedGit } from "./UntrustedGit.ts"

/** In bytes. A longer patch is cut, because it is stored, shown and reviewed as text. */
const limits = { patch: 20 * 1024 * 1024, list: 8 * 1024 * 1024 }
const maxStatFiles = 300

/** Two commits of the repository in a directory. */
export interface Range {
  readonly directory: string
  readonly from: CommitId
  readonly to: CommitId
}

/** Parses the last line of git's statistics: " 3 files changed, 10 insertions(+), 2 deletions(-)". */
const statistics = (text: string): Pick<Diff, "stat" | "files" | "insertions" | "deletions"> => {
  const lines = text.trimEnd().split("\n")
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
const cutPatch = (patch: string, limit: number): string => {
  const end = patch.lastIndexOf("\ndiff --git ")
  return `${end > 0 ? patch.slice(0, end + 1) : `${patch}\n`}# The diff is longer than ${limit} bytes and ends here.\n`
}

/**
 * Splits the output of `git diff --raw --stat --patch -z`: records that start with a colon and end with a NUL (with a second
 * path for a moved file), the statistics as text, a NUL, the patch.
 */
export const parts = (output: string): { readonly list: string; readonly stat: string; readonly patch: string } => {
  let at = 0
  const field = () => {
    const end = output.indexOf("\0", at)
    const text = output.slice(at, end < 0 ? output.length : end)
    at = end < 0 ? output.length : end + 1
    return text
  }
  while (output[at] === ":") {
    const status = field()
    field()
    if (/[RC]\d*$/.test(status)) field()
  }
  const list = output.slice(0, at)
  return { list, stat: field(), patch: output.slice(at) }
}

/** With other limits than usual, in bytes. */
export const makeWith = Effect.fnUntraced(function*(limits: { readonly patch: number; readonly list: number }) {
  const git = yield* UntrustedGit

  const ask = ({ directory, from, to }: Range, maxBytes: number, ...args: ReadonlyArray<string>) => {
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

  /** Asks for each part separately when all together is too much, so that no part can hide another. */
  const oneByOne = (range: Range) =>
    Effect.all({
      list: ask(range, limits.list, ...list),
      stat: ask(range, limits.list, ...stat),
      patch: ask(range, limits.patch, ...patch)
    })

  /** The difference, as `git diff` has it with renames found. */
  return Effect.fnUntraced(function*(range: Range): Effect.fn.Return<Diff, GitError> {
    const all = yield* ask(range, limits.list + limits.patch, ...list, ...stat, ...patch)
    const found = parts(all.stdout)
    if (!all.isCut && Buffer.byteLength(found.patch) <= limits.patch) {
      return { ...statistics(found.stat), changed: GitChanges.read(found.list), patch: found.patch }
    }
    const each = yield* oneByOne(range)
    return {
      ...statistics(each.stat.stdout),
      changed: GitChanges.read(each.list.stdout),
      patch: each.patch.isCut ? cutPatch(each.patch.stdout, limits.patch) : each.patch.stdout
    }
  })
})

const list = ["--raw", "-z", "--full-index"]
const stat = ["--stat=100", `--stat-count=${maxStatFiles}`]
const patch = ["--patch", "--binary", "--full-index"]

export const make = makeWith(limits)
