/** A command of the checks, and what its ends on the commit (the head) and on the base say of the change. Pure. */
import * as Schema from "effect/Schema"
import { TestCounts } from "./TestCounts.ts"
import { optional, optionalKey } from "./Wire.ts"

/** What a command says of the change. */
export const CheckOutcome = Schema.Literal(
  "passed",
  // on the head, and not on the base
  "failed",
  // on the base as well: not the change's doing
  "failed_before",
  // on the base, and no more on the head
  "fixed",
  "timed_out",
  // the time for all commands was used up, an earlier one made it pointless, or its program is not there
  "not_run"
)
export type CheckOutcome = typeof CheckOutcome.Type

/** A command that was (to be) run. */
export const CheckedCommand = Schema.Struct({
  name: Schema.String,
  /** The shell line. */
  run: Schema.String,
  outcome: CheckOutcome,
  /** Absent if it did not come to its end. */
  exitCode: optionalKey("exit_code", Schema.Int),
  /** Absent if it was not run on the base, or did not come to its end there. */
  baseExitCode: optionalKey("base_exit_code", Schema.Int),
  /** How long it took on the head. */
  seconds: Schema.NonNegative,
  /** The last lines that it printed on the head. */
  tail: Schema.String,
  /** How many tests ran on the head, where the runner says so. */
  tests: optional(TestCounts),
  /** The same on the base, where it was run there. */
  baseTests: optionalKey("base_tests", TestCounts),
  /** Why it was not run, or the limit over which it was ended. */
  reason: optional(Schema.String)
})
export type CheckedCommand = typeof CheckedCommand.Type

/** The end of a command on one commit. */
export interface CommandRun {
  /** Absent if it did not end by itself within its time. */
  readonly exitCode?: number | undefined
  readonly seconds: number
  readonly tail: string
  readonly tests?: TestCounts
  /** The program that is not there, so that nothing was run. */
  readonly missing?: string
  /** The limit of the sandbox over which it was ended. */
  readonly limit?: string
}

const failed = (run: CommandRun | undefined): boolean =>
  run?.exitCode !== undefined && run.exitCode !== 0 && run.missing === undefined

/**
 * What a command says of a change, by its end on the head and, where that is known, on the base. A program that is missing
 * on the head alone was there for the base's code: the change has taken it away. A limit is no failure of tests, so either
 * on the base says nothing of the other here.
 */
export const outcomeOf = (head: CommandRun | undefined, base: CommandRun | undefined): CheckOutcome => {
  if (head === undefined) return "not_run"
  if (head.missing !== undefined) return base?.missing === undefined ? "failed" : "not_run"
  if (head.exitCode === undefined) return "timed_out"
  if (head.exitCode === 0) return failed(base) ? "fixed" : "passed"
  return failed(base) && (head.limit === undefined) === (base?.limit === undefined) ? "failed_before" : "failed"
}

const reasonOf = (head: CommandRun | undefined, outcome: CheckOutcome): string | undefined =>
  head?.missing !== undefined && outcome === "not_run" ? `${head.missing} is not in the sandbox's image` : head?.limit

/** A command with its outcome. */
export const checked = (
  { name, run }: { readonly name: string; readonly run: string },
  head: CommandRun | undefined,
  base: CommandRun | undefined
): CheckedCommand => {
  const outcome = outcomeOf(head, base)
  const reason = reasonOf(head, outcome)
  const wasRun = outcome !== "not_run"
  return {
    name,
    run,
    outcome,
    ...(head?.exitCode === undefined || !wasRun ? {} : { exitCode: head.exitCode }),
    ...(base?.exitCode === undefined || base.missing !== undefined ? {} : { baseExitCode: base.exitCode }),
    seconds: head?.seconds ?? 0,
    tail: wasRun ? head?.tail ?? "" : "",
    ...(head?.tests === undefined ? {} : { tests: head.tests }),
    ...(base?.tests === undefined ? {} : { baseTests: base.tests }),
    ...(reason === undefined ? {} : { reason })
  }
}
