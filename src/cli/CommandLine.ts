/**
 * The command line before and after the parser: arguments that only look like options are brought through, and the
 * parser's complaints become one sentence that names what is wrong. Pure.
 */
import * as HelpDoc from "@effect/cli/HelpDoc"
import type * as ValidationError from "@effect/cli/ValidationError"
import * as LogLevel from "effect/LogLevel"
import { oneLine } from "./TerminalText.ts"

/** Cannot occur in an argument, so it can mark one. */
const mark = "\0"

/** `-`, `-1`, or a text with white space (`- first do this`): none of them is an option. */
const looksLikeOption = (argument: string): boolean =>
  argument === "-" || /^-[^A-Za-z-]/.test(argument) || /^-[^=]*\s/.test(argument)

const withValue: ReadonlySet<string> = new Set(["--server", "--log-level", "--completions"])

/** The options before the command, with their values. */
const leading = (args: ReadonlyArray<string>): number => {
  let i = 0
  while (args[i]?.startsWith("-") === true) i += withValue.has(args[i] ?? "") ? 2 : 1
  return i
}

/** Marks what the parser would take for an option, and moves options before the command behind it. */
export const prepare = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = args.indexOf("--")
  const [open, forced] = end < 0 ? [args, []] : [args.slice(0, end), args.slice(end)]
  const marked = open.map((argument) => looksLikeOption(argument) ? mark + argument : argument)
  const options = leading(marked)
  const [command, ...rest] = marked.slice(options)
  return command === undefined ? [...marked, ...forced] : [command, ...marked.slice(0, options), ...rest, ...forced]
}

/** The argument as it was written. */
export const restore = (argument: string): string => argument.startsWith(mark) ? argument.slice(mark.length) : argument

const logLevels = LogLevel.allLevels.map((level) => level._tag.toLowerCase())

/** `--log-level`, its value, or both in one. */
export const isLogLevel = (argument: string, before: string | undefined): boolean =>
  argument === "--log-level" || /^--log-level=/.test(argument) ||
  (before === "--log-level" && logLevels.includes(argument))

const wrongLevel = (args: ReadonlyArray<string>): boolean => {
  const place = args.indexOf("--log-level")
  return place >= 0 && !logLevels.includes(args[place + 1] ?? "")
}

const mismatch = (args: ReadonlyArray<string>, commands: ReadonlyArray<string>): string => {
  const words = args.slice(leading(args))
  const [command, subcommand] = words
  if (command === undefined) return `unknown option ${args.find((argument) => argument.startsWith("-")) ?? ""}`
  return commands.includes(command)
    ? `unknown command "${[command, subcommand].join(" ").trim()}": opentl ${command} --help lists what there is`
    : `unknown command "${command}": the commands are ${commands.join(", ")}`
}

/** One sentence for a command line that the parser refused. */
export const explain = (
  error: ValidationError.ValidationError,
  args: ReadonlyArray<string>,
  commands: ReadonlyArray<string>
): string => {
  if (wrongLevel(args)) return `--log-level takes one of ${logLevels.join(", ")}`
  if (error._tag === "CommandMismatch") return mismatch(args, commands)
  const text = oneLine(HelpDoc.toAnsiText(error.error))
  const unknown = /^Received unknown argument: '(.*)'$/s.exec(text)?.[1]
  if (unknown !== undefined) {
    return unknown.startsWith("-")
      ? `the option ${unknown} is unknown here, given twice, or lacks its value`
      : `unexpected argument "${unknown}" (a text of several words needs quotes)`
  }
  return text === ""
    ? `unknown option ${args.find((argument) => /^-[A-Za-z]/.test(argument)) ?? ""}`.trim()
    : text.replace(/^Missing argument/, "missing argument").replace(
      /^Expected a value following option: '(.*)'$/,
      "$1 needs a value"
    )
}
