/** A verification as `opentl verify` prints it: a sentence, the table of the commands, and what the failing ones printed. Pure. */
import * as Verification from "../domain/Verification.ts"
import { neutralise, oneLine } from "./terminal/SafeText.ts"
import type { Style } from "./terminal/Style.ts"
import * as Table from "./terminal/Table.ts"

const code = (exitCode: number | undefined): string => exitCode === undefined ? "" : String(exitCode)

const paint = (style: Style, outcome: Verification.CheckOutcome) => {
  switch (outcome) {
    case "passed":
    case "fixed":
      return style.green
    case "failed":
    case "timed_out":
      return style.red
    case "failed_before":
      return style.yellow
    case "not_run":
      return style.dim
  }
}

const table = (commands: ReadonlyArray<Verification.CheckedCommand>, style: Style, columns: number | undefined) => {
  // a column only where a runner says how many
  const tests = commands.some((command) => command.tests !== undefined)
    ? [{ header: "TESTS", cells: commands.map(Verification.testsText) }]
    : []
  return Table.lines(
    [
      { header: "CHECK", cells: commands.map(({ name }) => oneLine(name)) },
      {
        header: "OUTCOME",
        cells: commands.map(({ outcome }) => Verification.outcomeText(outcome)),
        paint: (text, row) => {
          const command = commands[row]
          return command === undefined ? text : paint(style, command.outcome)(text)
        }
      },
      { header: "EXIT", cells: commands.map(({ exitCode }) => code(exitCode)) },
      { header: "BASE", cells: commands.map(({ baseExitCode }) => code(baseExitCode)) },
      {
        header: "TIME",
        cells: commands.map(({ outcome, seconds }) => outcome === "not_run" ? "" : Verification.secondsText(seconds))
      },
      ...tests,
      { header: "COMMAND", cells: commands.map(({ run }) => oneLine(run)) }
    ],
    columns,
    [{ column: 5 + tests.length, to: 12 }, { column: 0, to: 12 }],
    style.bold
  )
}

/** Why commands were not run, or over which limit they were ended. */
const reasons = (commands: ReadonlyArray<Verification.CheckedCommand>): ReadonlyArray<string> =>
  commands.flatMap(({ name, outcome, reason }) =>
    reason === undefined ? [] : [oneLine(`${name}: ${Verification.outcomeText(outcome)}: ${reason}`)]
  )

/** How many of the last lines of a failing command are shown; the JSON has all that is kept. */
const shownLines = 40

const output = (command: Verification.CheckedCommand, style: Style): ReadonlyArray<string> => {
  const lines = neutralise(command.tail, false).trimEnd().split("\n")
  const left = lines.length - shownLines
  return [
    "",
    style.bold(`${oneLine(command.name)}: ${Verification.outcomeText(command.outcome)}`),
    ...(left > 0 ? [style.dim(`  … (${left} more lines: opentl verify --json)`)] : []),
    ...lines.slice(-shownLines).map((line) => `  ${line}`)
  ]
}

export const verificationText = (
  verification: typeof Verification.VerificationReport.Type,
  { columns, style }: { readonly style: Style; readonly columns: number | undefined }
): string =>
  [
    `${Verification.headline(verification)} · commit ${
      verification.commit.slice(0, 12)
    }, turn ${verification.turn}, round ${verification.round}`,
    ...(verification.isLocal === true ? ["the checks ran on the agent's machine: the sandbox is local"] : []),
    ...(verification.commands.length === 0 ? [] : ["", ...table(verification.commands, style, columns)]),
    ...reasons(verification.commands).flatMap((line, i) => i === 0 ? ["", line] : [line]),
    ...Verification.weakenedText(verification).flatMap((line, i) => i === 0 ? ["", oneLine(line)] : [oneLine(line)]),
    ...Verification.failures(verification).flatMap((command) => output(command, style))
  ].join("\n") + "\n"
