/** Runs the commands one after the other, within the time for all of them. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type CheckEnd, type CheckReport, type CheckRequest, tailBytes } from "../../src/domain/CheckRun.ts"
import * as Command from "./Command.ts"
import * as Lookup from "./Lookup.ts"

/** Less than this is no time for a command. */
const least = Duration.millis(1)

/** An exit code of shells: a program was not found. */
const notFound = 127

const runOne = Effect.fnUntraced(
  function*(line: string, atMost: Duration.Duration, surroundings: Command.Surroundings) {
    const missing = yield* Lookup.missing(line, surroundings.environment)
    const end = yield* Command.run(line, atMost, surroundings)
    return missing === undefined || end.exitCode !== notFound ? end : { ...end, missing }
  }
)

/** The ends of the commands. Before each one, `begins` is told of those before it. */
export const runAll = Effect.fnUntraced(function*<E, R>(
  { commands, seconds }: CheckRequest,
  surroundings: Command.Surroundings,
  begins: (ends: ReadonlyArray<CheckEnd | null>) => Effect.Effect<void, E, R>
) {
  const deadline = (yield* Clock.currentTimeMillis) + seconds * 1000
  const ends: Array<CheckEnd | null> = []
  for (const { run, seconds: own } of commands) {
    const left = Duration.millis(Math.max(0, deadline - (yield* Clock.currentTimeMillis)))
    if (Duration.lessThan(left, least)) {
      ends.push(null)
    } else {
      yield* begins(ends)
      ends.push(yield* runOne(run, own === undefined ? left : Duration.min(left, Duration.seconds(own)), surroundings))
    }
  }
  return ends
})

/**
 * The dependency installs that failed, from the entrypoint's record: a line `<exit code> <command>` each. Their output is
 * in one file.
 */
export const failedInstalls = Effect.fnUntraced(function*(record: string, output: string) {
  const fs = yield* FileSystem.FileSystem
  const read = (file: string) => Effect.orElseSucceed(fs.readFileString(file), () => "")
  const lines = (yield* read(record)).split("\n").filter((line) => line !== "")
  const tail = lines.length === 0 ? "" : (yield* read(output)).slice(-tailBytes)
  return lines.flatMap((line): CheckReport["installs"] => {
    const [, code, run] = /^(\d+) (.*)$/.exec(line) ?? []
    return code === undefined || run === undefined || code === "0" ? [] : [{ run, exitCode: Number(code), tail }]
  })
})
