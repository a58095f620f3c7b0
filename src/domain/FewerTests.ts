/** Checks that run fewer tests with a change than without it, by what their runners say. Pure. */
import * as TestCounts from "./TestCounts.ts"
import { type CheckedCommand, failures, type Verification } from "./Verification.ts"
import type { WeakenedTest } from "./WeakenedTests.ts"

/** A command that fails may have been ended by it; what it counts says nothing. */
const fewer = ({ baseTests, tests }: CheckedCommand): string | undefined =>
  baseTests === undefined ? undefined : TestCounts.fewer(tests, baseTests)

/** One a command, under the command's name. */
export const fewerTests = (verification: Pick<Verification, "commands">): ReadonlyArray<WeakenedTest> => {
  const failing = failures(verification)
  return verification.commands.flatMap((command) => {
    const what = failing.includes(command) || command.outcome === "not_run" ? undefined : fewer(command)
    return what === undefined ? [] : [{ file: command.name, what }]
  })
}
