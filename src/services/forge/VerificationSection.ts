/** How a pull request says that it is known to work: the table of the checks, and what the failing ones printed. Pure. */
import * as Verification from "../../domain/Verification.ts"
import { code, details, inline, quote } from "./Markdown.ts"

const maxRows = 15
/** The failing checks whose output is shown, and how much of each. */
const maxTails = 2
const tailLimit = 800
const reasonLimit = 200

/** Inline code in a table: a pipe would end the cell, and lines in one row must still be told apart. */
const cell = (text: string): string => code(text.trim().replaceAll(/\s*\n\s*/g, " ⏎ ")).replaceAll("|", "\\|")

const onBase = ({ baseExitCode }: Verification.CheckedCommand): string =>
  baseExitCode === undefined ? "" : baseExitCode === 0 ? "passes" : `fails (exit code ${baseExitCode})`

const onHead = (command: Verification.CheckedCommand): string => {
  const words = Verification.outcomeText(command.outcome)
  const told = command.outcome === "failed" || command.outcome === "timed_out"
    ? `**${words}**${command.exitCode === undefined ? "" : ` (exit code ${command.exitCode})`}`
    : words
  return command.reason === undefined ? told : `${told}: ${inline(command.reason, reasonLimit)}`
}

const isCounted = ({ tests }: Verification.CheckedCommand): boolean => tests !== undefined

const table = (commands: ReadonlyArray<Verification.CheckedCommand>): string => {
  // a column only where a runner says how many
  const hasTests = commands.some(isCounted)
  const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
  const row = (command: Verification.CheckedCommand) =>
    line([
      cell(command.run === "" ? command.name : command.run),
      onHead(command),
      onBase(command),
      ...(hasTests ? [Verification.testsText(command)] : []),
      command.outcome === "not_run" ? "" : Verification.secondsText(command.seconds)
    ])
  return [
    line(["check", "with this change", "on the base", ...(hasTests ? ["tests"] : []), "time"]),
    hasTests ? "|---|---|---|---|---|" : "|---|---|---|---|",
    ...commands.slice(0, maxRows).map(row),
    ...(commands.length > maxRows ? [`| and ${commands.length - maxRows} more | | | |${hasTests ? " |" : ""}`] : [])
  ].join("\n")
}

const where = ({ commit, isLocal }: Verification.Verification): string =>
  `Run by OpenTL on commit \`${commit.slice(0, 12)}\`, in a clean copy of it that the agent had no access to${
    isLocal === true ? ", but on the agent's machine: its sandbox was a local one" : ""
  }. A check that passes is run on the base only where its tests are compared.`

const tails = (verification: Verification.Verification): ReadonlyArray<string> =>
  Verification.failures(verification).filter(({ tail }) => tail.trim() !== "").slice(0, maxTails).map((command) =>
    details(`Output of ${inline(command.name, 60)}`, quote(lastOf(command.tail), tailLimit))
  )

/** The end of an output says more than its beginning. */
const lastOf = (tail: string): string => tail.trim().slice(-tailLimit).replace(/^[\uDC00-\uDFFF]/, "")

/** The section with its heading. */
export const verificationSection = (verification: Verification.Verification): string => {
  const title = "### How it is known to work"
  if (verification.commands.length === 0) {
    const reason = verification.outcome === "none"
      ? "the repository has no checks that OpenTL could run"
      : inline(verification.reason ?? "the checks are switched off", reasonLimit)
    return `${title}\n\n**Not verified**: ${reason}.`
  }
  return [title, table(verification.commands), where(verification), ...tails(verification)].join("\n\n")
}

/** The same in a few words, for the first line. */
export const verdictOf = (verification: Verification.Verification): string => {
  const { commands, outcome } = verification
  switch (outcome) {
    case "none":
    case "skipped":
      return "**not verified**"
    case "failed":
      return "**checks fail**"
    case "passed": {
      const passing = Verification.passingOf(verification).length
      return `**${passing === 0 ? "not verified" : "verified"}** (${passing} of ${commands.length} ${
        commands.length === 1 ? "check passes" : "checks pass"
      }${Verification.beforeText(verification)})`
    }
  }
}
