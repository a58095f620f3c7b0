/** Which commits exist, and how they descend from each other: the same queries for git with and without limits. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CommitId } from "../../domain/Ids.ts"
import { check, type GitOutput } from "./Git.ts"
import type { GitCall } from "./GitCommand.ts"
import { GitError } from "./Repositories.ts"

type Exec = (call: Pick<GitCall, "operation" | "directory" | "args" | "stdin">) => Effect.Effect<GitOutput, GitError>

const decodeCommit = Schema.decodeUnknown(CommitId)
/** For a revision that names nothing, git prints "<revision> missing" or "<revision> ambiguous". */
const decodeFound = Schema.decodeUnknownOption(CommitId)

export const make = (exec: Exec) => {
  const call = (directory: string, ...args: ReadonlyArray<string>) => ({ operation: "read", directory, args })

  /** The object that a revision names, for `git rev-parse`: a commit's id or a full reference. */
  const find = (directory: string, revision: string): Effect.Effect<Option.Option<CommitId>, GitError> =>
    Effect.flatMap(
      exec(call(directory, "rev-parse", "--verify", "--quiet", revision)),
      ({ exitCode, stdout }) =>
        exitCode === 0
          ? Effect.asSome(
            Effect.mapError(
              decodeCommit(stdout.trim()),
              (error) => new GitError({ operation: "read", reason: error.message })
            )
          )
          : Effect.succeedNone
    )

  /** `find` for several revisions in one process, in their order. A revision must not contain white space. */
  const findEach = Effect.fnUntraced(function*(directory: string, revisions: ReadonlyArray<string>) {
    if (revisions.length === 0) return []
    const asked = call(directory, "cat-file", "--batch-check=%(objectname)")
    const stdin = revisions.map((revision) => `${revision}\n`).join("")
    const { exitCode, stdout } = yield* exec({ ...asked, stdin })
    // a damaged object ends the whole batch
    if (exitCode !== 0) return yield* Effect.forEach(revisions, (revision) => find(directory, revision))
    const lines = stdout.split("\n")
    return revisions.map((_, i) => decodeFound(lines[i] ?? ""))
  })

  return {
    find,
    findEach,
    commit: (directory: string, revision: string) => find(directory, `${revision}^{commit}`),
    has: (directory: string, commit: CommitId) => Effect.map(find(directory, `${commit}^{commit}`), Option.isSome),
    isAncestor: (directory: string, ancestor: CommitId, commit: CommitId): Effect.Effect<boolean, GitError> => {
      const asked = call(directory, "merge-base", "--is-ancestor", ancestor, commit)
      return Effect.flatMap(exec(asked), (output) =>
        output.exitCode <= 1
          ? Effect.succeed(output.exitCode === 0)
          : Effect.as(check(asked, output), false))
    },
    /** The newest common ancestor; none if there is none. */
    mergeBase: (
      directory: string,
      one: CommitId,
      other: CommitId
    ): Effect.Effect<Option.Option<CommitId>, GitError> => {
      const asked = call(directory, "merge-base", one, other)
      return Effect.flatMap(exec(asked), (output) =>
        output.exitCode === 1
          ? Effect.succeedNone
          : Effect.map(check(asked, output), ({ stdout }) => decodeFound(stdout.split("\n")[0])))
    }
  }
}
