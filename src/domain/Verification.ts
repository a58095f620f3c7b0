/**
 * What the repository's checks said of a commit, run outside the agent's control: each command on the commit (the head),
 * and a failing one on the base, too. Pure.
 */
import * as Schema from "effect/Schema"
import { CheckedCommand, type CheckOutcome } from "./CheckedCommand.ts"
import { CommitId } from "./Ids.ts"
import * as TestCounts from "./TestCounts.ts"
import { WeakenedTest } from "./WeakenedTests.ts"
import { key, optional, optionalKey } from "./Wire.ts"

export * from "./CheckedCommand.ts"

export const VerificationOutcome = Schema.Literal("passed", "failed", "none", "skipped")
export type VerificationOutcome = typeof VerificationOutcome.Type

export const Verification = Schema.Struct({
  outcome: VerificationOutcome,
  commit: CommitId,
  commands: Schema.Array(CheckedCommand),
  /** Why nothing was run, or what else a person must know of it. */
  reason: optional(Schema.String),
  /** How the change weakens the repository's own checks; of many the first. */
  weakened: optional(Schema.Array(WeakenedTest)),
  /** Whether the checks ran on the machine of the agent, without isolation from it. */
  isLocal: optionalKey("local", Schema.Boolean)
})
export type Verification = typeof Verification.Type

/** The same as a client reads it: the commit's checks with whole tails. */
export const VerificationReport = Schema.Struct({
  ...Verification.fields,
  turn: key("turn", Schema.NonNegativeInt),
  round: key("round", Schema.NonNegativeInt)
})
export type VerificationReport = typeof VerificationReport.Type

export class NotVerified extends Schema.TaggedError<NotVerified>()("NotVerified", { id: Schema.String }) {
  override get message() {
    return `session ${this.id} has not been verified yet`
  }
}

const isFailure = ({ outcome }: CheckedCommand): boolean => outcome === "failed" || outcome === "timed_out"

/** What holds the change back: failures that the base does not have, and commands that did not come to an end. */
export const failures = ({ commands }: Pick<Verification, "commands">): ReadonlyArray<CheckedCommand> =>
  commands.filter(isFailure)

const isNotRun = ({ outcome }: CheckedCommand): boolean => outcome === "not_run"

/** The verification of a commit by its commands. Where none was run, nothing was verified. */
export const of = (commit: CommitId, commands: ReadonlyArray<CheckedCommand>): Verification => ({
  outcome: commands.every(isNotRun) ? "none" : commands.some(isFailure) ? "failed" : "passed",
  commit,
  commands
})

/** A verification that did not take place. */
export const skipped = (commit: CommitId, reason: string): Verification => ({
  outcome: "skipped",
  commit,
  commands: [],
  reason
})

/** A verification without commands: none were found. */
export const none = (commit: CommitId): Verification => ({ outcome: "none", commit, commands: [] })

/** Whether the pull request must be a draft. */
export const needsDraft = ({ outcome }: Verification): boolean => outcome === "failed"

/** The end of a text, without splitting a character. */
const lastCharacters = (text: string, limit: number): string =>
  text.length <= limit ? text : text.slice(-limit).replace(/^[\uDC00-\uDFFF]/, "")

/** The verification with shorter tails. */
export const withTails = (verification: Verification, limit: number): Verification => ({
  ...verification,
  commands: verification.commands.map((command) => ({ ...command, tail: lastCharacters(command.tail, limit) }))
})

const words: Record<CheckOutcome, string> = {
  passed: "passed",
  failed: "failed",
  failed_before: "failed, as on the base",
  fixed: "fixed",
  timed_out: "timed out",
  not_run: "not run"
}

/** An outcome in words. */
export const outcomeText = (outcome: CheckOutcome): string => words[outcome]

/** "12 s", "2 min 5 s" */
export const secondsText = (seconds: number): string => {
  const whole = Math.round(seconds)
  if (seconds > 0 && whole === 0) return "< 1 s"
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

const marks: Record<CheckOutcome, string> = {
  passed: "✓",
  failed: "✗",
  failed_before: "–",
  fixed: "✓",
  timed_out: "✗",
  not_run: "·"
}

/** "120 → 117, 3 skipped"; empty where no runner says how many. */
export const testsText = ({ baseTests, tests }: CheckedCommand): string =>
  tests === undefined ? "" : TestCounts.show(tests, baseTests)

/** One line a command. */
export const commandText = (command: CheckedCommand): string =>
  `${marks[command.outcome]} ${command.name}: ${words[command.outcome]}${
    command.outcome === "failed" && command.exitCode !== undefined ? ` (exit code ${command.exitCode})` : ""
  }${command.reason === undefined ? "" : `: ${command.reason}`}${
    isNotRun(command) ? "" : `, ${secondsText(command.seconds)}`
  }${command.tests === undefined ? "" : `, tests: ${testsText(command)}`}`

/** The commands that say something good of the change. */
export const passingOf = ({ commands }: Pick<Verification, "commands">): ReadonlyArray<CheckedCommand> =>
  commands.filter(({ outcome }) => outcome === "passed" || outcome === "fixed")

/** ", 2 fail on the base as well, 1 was not run"; empty if none does. */
export const beforeText = ({ commands }: Pick<Verification, "commands">): string => {
  const before = commands.filter(({ outcome }) => outcome === "failed_before").length
  const left = commands.filter(isNotRun).length
  return `${before === 0 ? "" : `, ${before} ${before === 1 ? "fails" : "fail"} on the base as well`}${
    left === 0 ? "" : `, ${left} ${left === 1 ? "was" : "were"} not run`
  }`
}

/** Why there is nothing that a check says. */
export const noneText = ({ commands }: Pick<Verification, "commands">): string =>
  commands.length === 0
    ? "the repository has no checks"
    : `no check could be run (${
      Array.from(new Set(commands.map(({ reason }) => reason ?? "no time was left"))).join(", ")
    })`

/** The whole in a sentence. */
export const headline = (verification: Verification): string => {
  const { commands, outcome, reason } = verification
  switch (outcome) {
    case "none":
      return `not verified: ${noneText(verification)}`
    case "skipped":
      return `not verified: ${reason ?? "switched off"}`
    case "failed": {
      const failed = failures(verification)
      return `verification failed: ${failed.length} of ${commands.length} ${
        commands.length === 1 ? "check" : "checks"
      } (${failed.map(({ name }) => name).join(", ")})`
    }
    case "passed": {
      const passing = passingOf(verification).length
      return `${passing === 0 ? "not verified" : "verified"}: ${passing} of ${commands.length} ${
        commands.length === 1 ? "check passes" : "checks pass"
      }${beforeText(verification)}`
    }
  }
}

/** The sentence with how many tests ran: of several commands, with their names. */
export const headlineWithTests = (verification: Verification): string => {
  const counted = verification.commands.filter(({ tests }) => tests !== undefined)
  const told = counted.map((command) => `${counted.length === 1 ? "" : `${command.name} `}${testsText(command)}`)
  return [headline(verification), ...(told.length === 0 ? [] : [`tests: ${told.join("; ")}`])].join(" · ")
}

/** What weakens the checks, one line each. */
export const weakenedText = ({ weakened = [] }: Pick<Verification, "weakened">): ReadonlyArray<string> =>
  weakened.map(({ file, what }) => `! ${file}: ${what}`)

/** The verification in words: a sentence, one line a command, and what weakens them. */
export const show = (verification: Verification): string =>
  [headline(verification), ...verification.commands.map(commandText), ...weakenedText(verification)].join("\n")
