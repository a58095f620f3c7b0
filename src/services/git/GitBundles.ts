/**
 * Commits on their way into a sandbox and out of it, as bundle files. What comes out is untrusted: it is unpacked beside
 * the mirror, looked at, and only then, object by object, taken in.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type BranchName, branchOf, CommitId, type SessionId } from "../../domain/Ids.ts"
import { Git } from "./Git.ts"
import type { Mirror } from "./GitMirror.ts"
import { GitError } from "./Repositories.ts"

const maxBundleBytes = 1024 ** 3

const decodeCommit = Schema.decodeUnknown(CommitId)

/** The session's work, which nothing else moves; objects that it reaches are kept. */
export const workRef = (session: SessionId): string => `refs/opentl/${session}/work`

const refuse = (reason: string) =>
  new GitError({ operation: "import", reason: `the sandbox's result is refused: ${reason}` })

/** The one reference in a bundle must be the session's branch. */
const checkHeads = (listing: string, branch: BranchName): Effect.Effect<void, GitError> => {
  const refs = listing.split("\n").flatMap((line) =>
    line.trim() === "" ? [] : [line.slice(line.indexOf(" ") + 1).trim()]
  )
  const others = refs.filter((ref) => ref !== `refs/heads/${branch}`)
  return refs.length === 1 && others.length === 0
    ? Effect.void
    : refuse(
      refs.length === 0
        ? "it holds no branch"
        : others.length === 0
        ? `it holds ${branch} more than once`
        : `it holds ${others.slice(0, 3).join(", ")} where only ${branch} belongs`
    )
}

export const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const git = yield* Git

  const exportBundle = Effect.fnUntraced(function*(mirror: Mirror, branch: BranchName, commit: CommitId) {
    const { directory } = mirror
    const file = `${yield* git.temporaryDirectory}/repository.bundle`
    const ref = `refs/heads/${branch}`
    yield* git.run({ operation: "update-ref", directory, args: ["update-ref", ref, commit] }).pipe(
      Effect.zipRight(git.run({ operation: "bundle", directory, args: ["bundle", "create", "--quiet", file, ref] })),
      mirror.exclusively
    )
    return file
  })

  const checkSize = Effect.fnUntraced(function*(bundle: string) {
    const { size } = yield* Effect.mapError(fs.stat(bundle), (error) => refuse(error.message))
    if (size > maxBundleBytes) return yield* refuse(`it has ${size} bytes, and at most ${maxBundleBytes} are taken`)
  })

  /** A repository that borrows the mirror's objects and has none of its references. */
  const quarantine = Effect.fnUntraced(function*(mirror: Mirror, session: SessionId, from: CommitId) {
    const directory = yield* git.temporaryDirectory
    const format = yield* git.run({
      operation: "read",
      directory: mirror.directory,
      args: ["rev-parse", "--show-object-format"]
    })
    yield* git.run({
      operation: "init",
      directory,
      args: ["init", "--quiet", "--bare", "--template=", `--object-format=${format.stdout.trim()}`, directory]
    })
    yield* fs.makeDirectory(`${directory}/objects/info`, { recursive: true }).pipe(
      Effect.zipRight(fs.writeFileString(`${directory}/objects/info/alternates`, `${mirror.directory}/objects\n`)),
      Effect.mapError((error) => new GitError({ operation: "import", reason: error.message }))
    )
    // what a bundle may build upon: where the turn started, and the rounds before
    const work = yield* git.exec({
      operation: "read",
      directory: mirror.directory,
      args: ["rev-parse", "--verify", "--quiet", workRef(session)]
    })
    const known = work.exitCode === 0 ? [from, work.stdout.trim()] : [from]
    yield* Effect.forEach(
      known,
      (commit, i) =>
        git.run({ operation: "update-ref", directory, args: ["update-ref", `refs/opentl/known-${i}`, commit] })
    )
    return directory
  })

  const importBundle = Effect.fnUntraced(
    function*(mirror: Mirror, session: SessionId, bundle: string, from: CommitId) {
      yield* checkSize(bundle)
      const directory = yield* quarantine(mirror, session, from)
      const branch = branchOf(session)
      const inside = (...args: ReadonlyArray<string>) =>
        git.run({ operation: "import", directory, args }).pipe(Effect.mapError((error) => refuse(error.reason)))
      const heads = yield* inside("bundle", "list-heads", bundle)
      yield* checkHeads(heads.stdout, branch)
      const incoming = "refs/opentl/incoming"
      const fetched = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--"]
      yield* inside(...fetched, bundle, `+refs/heads/${branch}:${incoming}`)
      const tip = yield* inside("rev-parse", "--verify", "--quiet", `${incoming}^{commit}`)
      const commit = yield* Effect.mapError(decodeCommit(tip.stdout.trim()), (error) => refuse(error.message))
      const ancestry = yield* git.exec({
        operation: "import",
        directory,
        args: ["merge-base", "--is-ancestor", from, commit]
      })
      if (ancestry.exitCode !== 0) return yield* refuse(`${branch} does not continue from ${from.slice(0, 12)}`)
      yield* git.run({
        operation: "import",
        directory: mirror.directory,
        args: [...fetched, directory, `+${incoming}:${workRef(session)}`],
        config: { "transfer.fsckObjects": "true" }
      }).pipe(Effect.mapError((error) => refuse(error.reason)), mirror.exclusively)
      return commit
    },
    Effect.scoped
  )

  return { exportBundle, importBundle }
})
