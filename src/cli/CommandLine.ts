/**
 * Prepares the command line for the parser: protects arguments that only look like options, and lets options come
 * before the command. Pure.
 */
/** Never occurs in an argument, so it can mark one. */
const mark = "\0"

/** `-`, `-1`, or a text with spaces (`- first do this`): none of these is an option. */
const looksLikeOption = (argument: string): boolean =>
  argument === "-" || /^-[^A-Za-z-]/.test(argument) || /^-[^=]*\s/.test(argument)

/** Options with a value that every command has. */
const common: ReadonlySet<string> = new Set(["--server", "--log-level", "--completions"])

/** Counts the options before the command, including their values. */
const leading = (args: ReadonlyArray<string>, withValue: ReadonlySet<string>): number => {
  let i = 0
  while (args[i]?.startsWith("-") === true) i += withValue.has(args[i] ?? "") ? 2 : 1
  return i
}

/**
 * Marks arguments that the parser would mistake for options, and moves leading options (those `withValue` and flags)
 * behind the command.
 */
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

/** Marks an argument as text, whatever it looks like. */
export const markText = (argument: string): string => argument.startsWith("-") ? mark + argument : argument

/** Undoes `markText`. */
export const restore = (argument: string): string => argument.startsWith(mark) ? argument.slice(mark.length) : argument

/** Whether the argument is an option. A marked one never is. */
export const isOption = (argument: string): boolean => argument.startsWith("-") && argument !== "-"

/** Effect's, by name: its module would load the runtime before help is printed. */
export const logLevels = ["all", "trace", "debug", "info", "warning", "error", "fatal", "none"]

/** Whether this is `--log-level`, its value, or `--log-level=<value>`. */
export const isLogLevel = (argument: string, before: string | undefined): boolean =>
  argument === "--log-level" || /^--log-level=/.test(argument) ||
  (before === "--log-level" && logLevels.includes(argument))
