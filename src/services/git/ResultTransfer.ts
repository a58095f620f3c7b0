/**
 * Makes a commit of ours of a sandbox's files, and moves it from the quarantine into the mirror, with the objects that the
 * mirror lacks, and nothing else of what the sandbox made. `git fetch` would do the same with six processes, most of them to
 * find out what both have.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { CommitId } from "../../domain/Ids.ts"
import type { Mirror } from "./GitMirror.ts"
import { GitError, type ResultCommit } from "./Repositories.ts"
import { UntrustedGit } from "./UntrustedGit.ts"

/** A commit to be, with the files of `tip`, on a parent that the mirror has, and the reference that keeps it there. */
export interface Transfer extends Pick<ResultCommit, "author" | "date"> {
  readonly tip: CommitId
  readonly parent: CommitId
  readonly message: string
  readonly ref: string
}

/**
 * Prints the commit and the name of its pack, which is left in the quarantine: `$1` the tip, `$2` the parent, `$3` the
 * beginning of the pack's path, `$4` the mirror. The message is the input. Each object is checked, as is that the mirror has
 * what one of them names.
 */
const lines = `commit=$(git commit-tree "$1^{tree}" -p "$2" -F -) || exit
pack=$(printf '%s\\n^%s\\n' "$commit" "$2" | git pack-objects --revs --quiet --delta-base-offset "$3") || exit
echo "$commit"
exec git --git-dir="$4" index-pack --strict "$3-$pack.pack"`

const decodeMade = Schema.decodeUnknown(Schema.Tuple(CommitId, CommitId))

const trouble = Effect.mapError(({ message }: { readonly message: string }) =>
  new GitError({ operation: "import", reason: message })
)

export const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const git = yield* UntrustedGit

  /** The same files, parent and message make the same commit. */
  const pack = Effect.fnUntraced(
    function*(quarantine: string, mirror: Mirror, place: string, { author, date, message, parent, tip }: Transfer) {
      const seconds = `${Math.floor(DateTime.toEpochMillis(date) / 1000)} +0000`
      const { stdout } = yield* git.run({
        operation: "import",
        directory: quarantine,
        script: lines,
        args: [tip, parent, place, mirror.directory],
        stdin: message,
        environment: {
          GIT_AUTHOR_NAME: author.name,
          GIT_AUTHOR_EMAIL: author.email,
          GIT_AUTHOR_DATE: seconds,
          GIT_COMMITTER_NAME: author.name,
          GIT_COMMITTER_EMAIL: author.email,
          GIT_COMMITTER_DATE: seconds
        }
      })
      return yield* trouble(decodeMade(stdout.trim().split("\n")))
    }
  )

  /** A pack without an index is none to git, so the index comes last. */
  const install = (from: string, { directory }: Mirror, name: string) =>
    Effect.forEach(
      ["pack", "idx"],
      (kind) => fs.rename(`${from}-${name}.${kind}`, `${directory}/objects/pack/pack-${name}.${kind}`),
      { discard: true }
    )

  /** Writes a file, and waits until the disk has it. */
  const writeThrough = (path: string, text: string) =>
    Effect.scoped(Effect.flatMap(
      fs.open(path, { flag: "w" }),
      (file) => Effect.zipRight(file.writeAll(new TextEncoder().encode(text)), file.sync)
    ))

  /**
   * Names a commit, as git does it: under a lock, and in one step. The mirror's references are files, which nobody else writes.
   */
  const refer = Effect.fnUntraced(function*({ directory }: Mirror, ref: string, commit: CommitId) {
    const file = `${directory}/${ref}`
    const lock = `${file}.lock`
    yield* fs.makeDirectory(file.slice(0, file.lastIndexOf("/")), { recursive: true })
    yield* Effect.acquireUseRelease(
      fs.writeFileString(lock, "", { flag: "wx" }),
      () => Effect.zipRight(writeThrough(lock, `${commit}\n`), fs.rename(lock, file)),
      (_, exit) => Exit.isSuccess(exit) ? Effect.void : Effect.ignore(fs.remove(lock))
    )
  })

  return Effect.fn("ResultTransfer.move")(
    function*(quarantine: string, mirror: Mirror, transfer: Transfer) {
      const place = `${quarantine}/result`
      return yield* mirror.exclusively(Effect.gen(function*() {
        const [commit, name] = yield* pack(quarantine, mirror, place, transfer)
        yield* trouble(Effect.zipRight(install(place, mirror, name), refer(mirror, transfer.ref, commit)))
        return commit
      }))
    }
  )
})
