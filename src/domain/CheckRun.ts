/**
 * What the runner of checks in a sandbox is asked (`in/checks.json`), and what it tells (`out/checks.json`). It is told by
 * a place where code of the change runs, so it is not more to be believed than that code's own exit code.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { TestCounts } from "./TestCounts.ts"
import { key, optional, optionalKey } from "./Wire.ts"

export const CheckRequest = Schema.Struct({
  commands: Schema.Array(Schema.Struct({
    /** A line for `bash -c`. */
    run: Schema.NonEmptyString,
    /** The most time of this command; without it, what is left for all. */
    seconds: optional(Schema.Positive)
  })),
  /** The most time of all commands together. */
  seconds: Schema.Positive
})
export type CheckRequest = typeof CheckRequest.Type
export const CheckRequestJson = Schema.parseJson(CheckRequest)

export const CheckEnd = Schema.Struct({
  /** Absent if it was ended for its time. */
  exitCode: optionalKey("exit_code", Schema.Int),
  seconds: Schema.NonNegative,
  /** The last 64 KiB that it printed. */
  tail: Schema.String,
  /** What the test runners in it say; absent where none is known by its words, or the command did not come to its end. */
  tests: optional(TestCounts),
  /** Its first word, if there is no such program: it was looked up before, and nothing was run. */
  missing: optional(Schema.String),
  /** The limit of the sandbox over which it was ended. */
  limit: optional(Schema.String)
})
export type CheckEnd = typeof CheckEnd.Type

export const CheckReport = Schema.Struct({
  /** The dependency installs that failed. */
  installs: Schema.Array(
    Schema.Struct({ run: Schema.String, exitCode: key("exit_code", Schema.Int), tail: Schema.String })
  ),
  /** The commands in the order asked for; null for one that was not run any more. */
  commands: Schema.Array(Schema.NullOr(CheckEnd)),
  /** The place of the command that runs: then it is no report yet, and has the commands before it. */
  running: optional(Schema.NonNegativeInt)
})
export type CheckReport = typeof CheckReport.Type
export const CheckReportJson = Schema.parseJson(CheckReport)

/**
 * A run of so many commands that ended over a limit of the sandbox: the command that ran then has failed, those before it
 * have their ends. Where it is not told which, the sandbox has. So whatever is told, something has failed.
 */
export const overLimit = (count: number, limit: string, told: Option.Option<CheckReport>): CheckReport => {
  const { commands = [], installs = [], running } = Option.getOrElse(told, (): Partial<CheckReport> => ({}))
  const isKnown = running !== undefined && running < count && running === commands.length
  return {
    installs: isKnown ? installs : [{ run: "", exitCode: 137, tail: limit }],
    commands: Array.from(
      { length: count },
      (_, i) =>
        !isKnown ? null : i === running ? { exitCode: 137, seconds: 0, tail: limit, limit } : commands[i] ?? null
    )
  }
}

/** The most that is kept of a command's output, in bytes. */
export const tailBytes = 64 * 1024
