/** Exports commits for a sandbox, as bundle files. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { BranchName, CommitId } from "../../domain/Ids.ts"
import { Git } from "./Git.ts"
import type { Mirror } from "./GitMirror.ts"
import type { BundleContents } from "./Repositories.ts"
import * as Revisions from "./Revisions.ts"

/** The reference for unpushed work. */
const workRef = "refs/opentl/work"

export const make = Effect.gen(function*() {
  const git = yield* Git
  const revisions = Revisions.make(git.exec)

  /** References a commit, which keeps its objects and names them in the bundle. */
  const name = (directory: string, ref: string, commit: string) =>
    git.run({ operation: "update-ref", directory, args: ["update-ref", ref, commit] })

  const findIn = (environment: Readonly<Record<string, string>>) =>
    Revisions.make((call) => git.exec({ ...call, environment }))

  /** The newest commit that the receiver has, if this mirror has it, too: a recreated mirror may not. */
  const exclusion = Effect.fnUntraced(function*({ directory, objects }: Mirror, contents: BundleContents) {
    const { isShared, known, start } = contents
    if (known !== undefined && (yield* revisions.has(directory, known))) return known
    if (isShared && (yield* findIn({ GIT_OBJECT_DIRECTORY: objects }).has(directory, start))) return start
    return undefined
  })

  /**
   * Whether all of a turn's start came from the remote, which a new workspace reads where it is. It depends on it, so a
   * reference is made, which git refuses for a commit that is not there: one process for both.
   */
  const isThere = ({ directory, exclusively, objects }: Mirror, ref: string, start: CommitId) =>
    git.exec({
      operation: "update-ref",
      directory,
      args: ["update-ref", ref, start],
      environment: { GIT_OBJECT_DIRECTORY: objects }
    }).pipe(
      exclusively,
      Effect.map(({ exitCode }) => exitCode === 0)
    )

  return Effect.fnUntraced(function*(mirror: Mirror, branch: BranchName, contents: BundleContents) {
    const { directory } = mirror
    const ref = `refs/heads/${branch}`
    const isNew = contents.isShared && contents.known === undefined && contents.work === undefined
    if (isNew && (yield* isThere(mirror, ref, contents.start))) return Option.none()
    const known = yield* exclusion(mirror, contents)
    const work = contents.work !== undefined && (yield* revisions.has(directory, contents.work))
      ? contents.work
      : undefined
    const hasStart = known !== undefined &&
      (known === contents.start || (yield* revisions.isAncestor(directory, contents.start, known)))
    if (hasStart && work === undefined) {
      // a workspace that shares the start depends on it here
      if (known === contents.start) yield* mirror.exclusively(name(directory, ref, contents.start))
      return Option.none()
    }
    const file = `${yield* git.temporaryDirectory}/repository.bundle`
    yield* name(directory, ref, contents.start).pipe(
      Effect.zipRight(work === undefined ? Effect.void : name(directory, workRef, work)),
      Effect.zipRight(git.run({
        operation: "bundle",
        directory,
        args: [
          "bundle",
          "create",
          "--quiet",
          file,
          ...(hasStart ? [] : [ref]),
          ...(work === undefined ? [] : [workRef]),
          ...(known === undefined ? [] : [`^${known}`])
        ]
      })),
      mirror.exclusively
    )
    return Option.some(file)
  })
})
