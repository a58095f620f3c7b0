/**
 * The command line before the parser: arguments that only look like options are brought through, and options may stand
 * before the command. Pure.
 */
import * as LogLevel from "effect/LogLevel"

/** Cannot occur in an argument, so it can mark one. */
const mark = "\0"

/** `-`, `-1`, or a text with white space (`- first do this`): none of them is an option. */
const looksLikeOption = (argument: string): boolean =>
  argument === "-" || /^-[^A-Za-z-]/.test(argument) || /^-[^=]*\s/.test(argument)

/** Options of every command that have a value. */
const common: ReadonlySet<string> = new Set(["--server", "--log-level", "--completions"])

/** The options before the command, with their values. */
const leading = (args: ReadonlyArray<string>, withValue: ReadonlySet<string>): number => {
  let i = 0
  while (args[i]?.startsWith("-") === true) i += withValue.has(args[i] ?? "") ? 2 : 1
  return i
}

/** Marks what the parser would take for an option, and moves options (those `withValue` and flags) behind the command. */
export const prepare = (
  args: ReadonlyArray<string>,
  withValue: ReadonlySet<string> = common
): ReadonlyArray<string> => {
  const end = args.indexOf("--")
  const [open, forced] = end < 0 ? [args, []] : [args.slice(0, end), args.slice(end)]
  const marked = open.map((argument) => looksLikeOption(argument) ? mark + argument : argument)
  const options = leading(marked, withValue)
  const [command, ...rest] = marked.slice(options)
  return command === undefined ? [...marked, ...forced] : [command, ...marked.slice(0, options), ...rest, ...forced]
}

/** An argument that is text, whatever it looks like. */
export const markText = (argument: string): string => argument.startsWith("-") ? mark + argument : argument

/** The argument as it was written. */
export const restore = (argument: string): string => argument.startsWith(mark) ? argument.slice(mark.length) : argument

/** What is marked is text. */
export const isOption = (argument: string): boolean => argument.startsWith("-") && argument !== "-"

export const logLevels = LogLevel.allLevels.map((level) => level._tag.toLowerCase())

/** `--log-level`, its value, or both in one. */
export const isLogLevel = (argument: string, before: string | undefined): boolean =>
  argument === "--log-level" || /^--log-level=/.test(argument) ||
  (before === "--log-level" && logLevels.includes(argument))
