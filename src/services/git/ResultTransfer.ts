/**
 * Moves a commit of ours from the quarantine into the mirror, with the objects that the mirror lacks, and nothing else of what
 * the sandbox made. `git fetch` would do the same with six processes, most of them to find out what both have.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import type { CommitId } from "../../domain/Ids.ts"
import type { Mirror } from "./GitMirror.ts"
import { GitError } from "./Repositories.ts"
import { UntrustedGit } from "./UntrustedGit.ts"

/** A commit, its parent, which the mirror has, and the reference that keeps it there. */
export interface Transfer {
  readonly commit: CommitId
  readonly parent: CommitId
  readonly ref: string
}

export const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const git = yield* UntrustedGit

  /** A pack without an index is none to git, so the index comes last. */
  const install = (from: string, mirror: Mirror, name: string) =>
    Effect.forEach(
      ["pack", "idx"],
      (kind) => fs.rename(`${from}-${name}.${kind}`, `${mirror.directory}/objects/pack/pack-${name}.${kind}`),
      { discard: true }
    )
      .pipe(Effect.mapError(({ message }) => new GitError({ operation: "import", reason: message })))

  return Effect.fn("ResultTransfer.move")(
    function*(quarantine: string, mirror: Mirror, { commit, parent, ref }: Transfer) {
      const { directory, exclusively } = mirror
      const place = `${quarantine}/result`
      const { stdout } = yield* git.run({
        operation: "import",
        directory: quarantine,
        args: ["pack-objects", "--revs", "--quiet", "--delta-base-offset", place],
        stdin: `${commit}\n^${parent}\n`
      })
      const name = stdout.trim()
      // in the mirror, where each object that one of these names must be; the objects themselves are checked as well
      const check = git.run({
        operation: "import",
        directory,
        args: ["index-pack", "--strict", `${place}-${name}.pack`]
      })
      const refer = git.run({ operation: "import", directory, args: ["update-ref", ref, commit] })
      yield* Effect.all([check, install(place, mirror, name), refer], { discard: true }).pipe(exclusively)
    }
  )
})
