/** Explains in one sentence what the parser refuses. Pure. */
import * as HelpDoc from "@effect/cli/HelpDoc"
import type * as ValidationError from "@effect/cli/ValidationError"
import { logLevels } from "./CommandLine.ts"
import type { CommandSpec } from "./CommandSpec.ts"
import { usage } from "./Help.ts"
import { oneLine } from "./terminal/SafeText.ts"

/** The shells that completion scripts exist for. */
const shells = ["bash", "zsh", "fish"]

const hasWrong = (option: string, values: ReadonlyArray<string>, args: ReadonlyArray<string>): boolean => {
  const at = args.findIndex((argument) => argument === option || argument.startsWith(`${option}=`))
  const value = args[at] === option ? args[at + 1] : args[at]?.slice(option.length + 1)
  return at >= 0 && value !== undefined && !values.includes(value.toLowerCase())
}

/** One sentence for a value that the parser rejected. */
export const explain = (
  error: ValidationError.ValidationError,
  command: CommandSpec,
  args: ReadonlyArray<string>
): string => {
  if (hasWrong("--log-level", logLevels, args)) return `--log-level takes one of ${logLevels.join(", ")}`
  if (hasWrong("--completions", shells, args)) return `--completions takes one of ${shells.join(", ")}`
  const said = oneLine(HelpDoc.toAnsiText(error.error))
  return said === "" ? `wrong usage; usage: ${usage(command)}` : said
}
