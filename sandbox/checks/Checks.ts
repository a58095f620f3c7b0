/** Runs the commands one after the other, within the time for all of them. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type CheckEnd, type CheckReport, type CheckRequest, tailBytes } from "../../src/domain/CheckRun.ts"
import * as Command from "./Command.ts"

/** Less than this is no time for a command. */
const least = Duration.millis(1)

export const runAll = Effect.fnUntraced(function*(
  { commands, seconds }: CheckRequest,
  surroundings: Command.Surroundings
) {
  const deadline = (yield* Clock.currentTimeMillis) + seconds * 1000
  return yield* Effect.forEach(
    commands,
    Effect.fnUntraced(
      function*({ run, seconds: own }): Effect.fn.Return<CheckEnd | null, never, FileSystem.FileSystem> {
        const left = Duration.millis(Math.max(0, deadline - (yield* Clock.currentTimeMillis)))
        if (Duration.lessThan(left, least)) return null
        return yield* Command.run(
          run,
          own === undefined ? left : Duration.min(left, Duration.seconds(own)),
          surroundings
        )
      }
    )
  )
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
