/**
 * What the runner of checks in a sandbox is asked (`in/checks.json`), and what it tells (`out/checks.json`). It is told by
 * a place where code of the change runs, so it is not more to be believed than that code's own exit code.
 */
import * as Schema from "effect/Schema"
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
  tail: Schema.String
})
export type CheckEnd = typeof CheckEnd.Type

export const CheckReport = Schema.Struct({
  /** The dependency installs that failed. */
  installs: Schema.Array(
    Schema.Struct({ run: Schema.String, exitCode: key("exit_code", Schema.Int), tail: Schema.String })
  ),
  /** The commands in the order asked for; null for one that was not run any more. */
  commands: Schema.Array(Schema.NullOr(CheckEnd))
})
export type CheckReport = typeof CheckReport.Type
export const CheckReportJson = Schema.parseJson(CheckReport)

/** The most that is kept of a command's output, in bytes. */
export const tailBytes = 64 * 1024
