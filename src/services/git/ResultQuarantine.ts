/**
 * Reads what a sandbox has made. Its bundle is untrusted: it is unpacked beside the mirror and inspected within limits, before
 * anything else sees it.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { CommitId } from "../../domain/Ids.ts"
import * as RecentlyUsed from "../support/RecentlyUsed.ts"
import * as BundleHeader from "./BundleHeader.ts"
import { Git } from "./Git.ts"
import type { Mirror } from "./GitMirror.ts"
import { GitError, type ResultBundle, ResultRefused } from "./Repositories.ts"
import * as ResultInspection from "./ResultInspection.ts"
import { resultLimits } from "./ResultLimits.ts"
import * as Revisions from "./Revisions.ts"
import { UntrustedGit } from "./UntrustedGit.ts"

/** How many base commits' extents are kept: each turn of a session, and many sessions, start from the same one. */
const keptExtents = 64

/** The configuration of a bare repository whose objects are named by the hash. */
const configOf = (format: string): string =>
  format === "sha1"
    ? "[core]\n\trepositoryformatversion = 0\n\tbare = true"
    : `[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = ${format}`

/** Passes over a bundle's header, which ends with an empty line, and unpacks what follows. */
const unpackLines = `exec <"$1"
while IFS= read -r line && [ -n "$line" ]; do :; done
exec git index-pack --stdin --fix-thin`

const decodeCommit = Schema.decodeUnknown(CommitId)

const refuse = (reason: string) => new ResultRefused({ reason })

/** Reports git's objection to untrusted data as the reason for rejecting it. */
export const refusing = Effect.mapError((error: GitError | ResultRefused) =>
  error._tag === "ResultRefused" ? error : refuse(error.reason)
)

/** A bundle's header that is within the limits. */
interface Header {
  readonly tip: CommitId
  readonly format: string
  readonly prerequisites: ReadonlyArray<string>
}

interface Unpacked {
  readonly parent: CommitId
  /** Whether the parent has the same files. */
  readonly isKnown: boolean
  /** The messages of the agent's commits, oldest first. */
  readonly messages: ReadonlyArray<string>
}

/** What is in a bundle that is within the limits. */
export interface Inspected extends Unpacked {
  /** The repository that it was unpacked into. */
  readonly directory: string
  readonly tip: CommitId
  /** Whether it changes any file of the turn's start. */
  readonly hasChanged: boolean
}

export const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const { temporaryDirectory } = yield* Git
  const git = yield* UntrustedGit
  const inspect = yield* ResultInspection.make
  const extents = yield* RecentlyUsed.make<ResultInspection.Extent>(keptExtents)
  const revisions = Revisions.make(git.exec)

  /**
   * Unpacks the bundle, which takes one process where it builds upon nothing else than the start: `git bundle` sees to it that
   * what it builds upon is there, and starts another one.
   */
  const unbundle = (mirror: Mirror, directory: string, bundle: string, header: Header, start: CommitId) =>
    git.run({
      operation: "import",
      directory,
      ...(header.format === mirror.format && header.prerequisites.every((commit) => commit === start)
        ? { script: unpackLines, args: [bundle] }
        : { args: ["bundle", "unbundle", bundle] })
    })

  /** Checks the file before git sees it: its size and its header. */
  const checkFile = Effect.fnUntraced(function*(bundle: string, { branch }: ResultBundle) {
    const { size } = yield* fs.stat(bundle)
    if (size > resultLimits.bundle) {
      return yield* refuse(`it has ${size} bytes, but at most ${resultLimits.bundle} are allowed`)
    }
    const beginning = yield* Stream.runCollect(fs.stream(bundle, { bytesToRead: BundleHeader.bytesNeeded }))
    const header = yield* Effect.mapError(BundleHeader.parse(Buffer.concat([...beginning]), branch), refuse)
    const { objects } = header
    if (objects > resultLimits.objects) {
      return yield* refuse(`it has ${objects} objects, but at most ${resultLimits.objects} are allowed`)
    }
    const tip = yield* Effect.mapError(decodeCommit(header.tip), () => refuse("its bundle's header is malformed"))
    return { ...header, tip } satisfies Header
  }, Effect.catchTags({ BadArgument: (e) => refuse(e.message), SystemError: (e) => refuse(e.message) }))

  /** Writes a file of a repository that nobody else uses, such as a reference, without starting git. */
  const writeIn = Effect.fnUntraced(
    function*(directory: string, file: string, line: string) {
      const path = `${directory}/${file}`
      yield* fs.makeDirectory(path.slice(0, path.lastIndexOf("/")), { recursive: true })
      yield* fs.writeFileString(path, `${line}\n`)
    },
    Effect.mapError((error) => new GitError({ operation: "import", reason: error.message }))
  )

  /** A repository that shares the mirror's objects but none of its references. `git init` would be one process more. */
  const quarantine = Effect.fnUntraced(function*(mirror: Mirror, start: CommitId) {
    const directory = yield* temporaryDirectory
    yield* Effect.all([
      writeIn(directory, "config", configOf(mirror.format)),
      writeIn(directory, "HEAD", "ref: refs/heads/none"),
      writeIn(directory, "objects/info/alternates", `${mirror.directory}/objects`),
      // the commit that a bundle may build upon
      writeIn(directory, "refs/opentl/start", start)
    ], { concurrency: "unbounded", discard: true })
    return directory
  })

  /** What a name in the bundle leads to, where it cannot be read, is often no commit at all. */
  const notCommit = (directory: string, tip: CommitId, branch: string) => (error: GitError | ResultRefused) =>
    error._tag === "ResultRefused"
      ? Effect.fail(error)
      : Effect.flatMap(
        revisions.has(directory, tip),
        (isCommit) => Effect.fail(isCommit ? error : refuse(`${branch} is not a commit in it`))
      )

  /** The earlier commit of ours that a result is put on, if the mirror still has it, and whether it has the same files. */
  const earlier = Effect.fnUntraced(function*(directory: string, tip: CommitId, parent: CommitId | undefined) {
    if (parent === undefined) return Option.none()
    const [before = Option.none(), after] = yield* revisions.findEach(directory, [`${parent}^{tree}`, `${tip}^{tree}`])
    return Option.map(before, (tree) => ({ parent, isKnown: Equal.equals(Option.some(tree), after) }))
  })

  /** Unpacks the bundle; returns its commit and the agent's messages once its history and its size are within the limits. */
  const unpack = Effect.fnUntraced(
    function*(mirror: Mirror, directory: string, bundle: string, header: Header, result: ResultBundle) {
      const { branch, start } = result
      const { tip } = header
      // much of each is git's start, so what does not need the other's result runs beside it
      const [base] = yield* Effect.all([
        extents.get(`${mirror.directory} ${start}`, inspect.extentOf(directory, start)),
        unbundle(mirror, directory, bundle, header, start)
      ], { concurrency: 2 })
      const [messages, kept] = yield* Effect.all([
        Effect.catchAll(
          inspect.measure(directory, { base, start, tip }, resultLimits),
          notCommit(directory, tip, branch)
        ),
        earlier(directory, tip, result.parent)
      ], { concurrency: 2 })
      // a mirror that was made anew has none of ours
      const { isKnown, parent } = Option.getOrElse(kept, () => ({ parent: start, isKnown: false }))
      return { parent, isKnown, messages } satisfies Unpacked
    },
    refusing
  )

  /** Unpacks a bundle beside the mirror, for the lifetime of the scope, and fails with the first limit that it exceeds. */
  return Effect.fnUntraced(function*(mirror: Mirror, bundle: string, result: ResultBundle) {
    const { start } = result
    const [header, directory] = yield* Effect.all([checkFile(bundle, result), quarantine(mirror, start)], {
      concurrency: 2
    })
    const { tip } = header
    const unpacked = yield* unpack(mirror, directory, bundle, header, result)
    const hasChanged = yield* refusing(inspect.compare(directory, { start, tip }, resultLimits))
    return { ...unpacked, directory, tip, hasChanged } satisfies Inspected
  })
})
