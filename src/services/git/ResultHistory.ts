/**
 * Reads the commits of a sandbox: that they continue from the start, that they are not too many, and their messages. One
 * process answers all of it where they are few.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { CommitId } from "../../domain/Ids.ts"
import { ResultRefused } from "./Repositories.ts"
import type { ResultLimits } from "./ResultLimits.ts"
import * as Revisions from "./Revisions.ts"
import { UntrustedGit } from "./UntrustedGit.ts"

/** The most commit messages of the agent that are read, and their most bytes. */
const mostMessages = 50
const messageBytes = 64 * 1024

export const make = Effect.gen(function*() {
  const git = yield* UntrustedGit
  const revisions = Revisions.make(git.exec)

  const refuse = (reason: string) => new ResultRefused({ reason })

  const strange = (start: CommitId) => refuse(`its branch does not continue from ${start.slice(0, 12)}`)

  const descent = Effect.fnUntraced(function*(directory: string, start: CommitId, tip: CommitId) {
    if (!(yield* revisions.isAncestor(directory, start, tip))) return yield* strange(start)
  })

  const count = Effect.fnUntraced(function*(directory: string, range: string, limits: ResultLimits) {
    const { stdout } = yield* git.run({
      operation: "import",
      directory,
      args: ["rev-list", "--count", `--max-count=${limits.commits + 1}`, range]
    })
    if (Number(stdout) > limits.commits) return yield* refuse(`it has more than ${limits.commits} commits`)
  })

  /** Each as a record: `<` and its message if only the start has it, `>` and its message if only the tip has it. */
  const newest = Effect.fnUntraced(function*(directory: string, start: CommitId, tip: CommitId) {
    const { isCut, stdout } = yield* git.run({
      operation: "import",
      directory,
      args: [
        "log",
        "-z",
        "--no-color",
        "--left-right",
        "--format=%m%B",
        `--max-count=${mostMessages}`,
        `${start}...${tip}`,
        "--"
      ],
      maxBytes: messageBytes
    })
    const records = stdout.split("\0").filter((record) => record !== "")
    return { records, areAll: !isCut && records.length < mostMessages }
  })

  /** The messages of the tip's commits since the start, oldest first. Fails with the first limit that they exceed. */
  return Effect.fn("ResultHistory.read")(
    function*(
      directory: string,
      { start, tip }: { readonly start: CommitId; readonly tip: CommitId },
      limits: ResultLimits
    ) {
      const { areAll, records } = yield* newest(directory, start, tip)
      if (records.some((record) => record.startsWith("<"))) return yield* strange(start)
      if (!areAll) {
        const checked = yield* Effect.all([
          descent(directory, start, tip),
          count(directory, `${start}..${tip}`, limits)
        ], { concurrency: "unbounded", mode: "either" })
        yield* Either.all(checked)
      }
      return records.map((record) => record.slice(1).trim()).filter((text) => text !== "").reverse()
    }
  )
})
