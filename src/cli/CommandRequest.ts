/** What a command line requests: to run a command, or to print help or the version. Pure; loads as fast as `Help`. */
import { isLogLevel, isOption, prepare, restore } from "./CommandLine.ts"
import { unknownCommand, withoutCommandReason } from "./CommandMistake.ts"
import type { CommandSpec } from "./CommandSpec.ts"
import { read } from "./CommandSyntax.ts"
import { commonOptions, programOptions } from "./Help.ts"

const valuesEverywhere = [...commonOptions, ...programOptions].flatMap(({ names, value }) =>
  value === undefined ? [] : names
)

export type Request =
  /** Run the command with these arguments for the parser. */
  | { readonly _tag: "Run"; readonly command: CommandSpec; readonly args: ReadonlyArray<string> }
  /** Print the help page of a command, or of the program itself if `command` is the root. */
  | { readonly _tag: "Help"; readonly command: CommandSpec }
  | { readonly _tag: "Version" }
  /** The command line is wrong; `reason` is one sentence. */
  | { readonly _tag: "Wrong"; readonly reason: string }

const run = (command: CommandSpec, args: ReadonlyArray<string>): Request => ({ _tag: "Run", command, args })
const help = (command: CommandSpec): Request => ({ _tag: "Help", command })
const version: Request = { _tag: "Version" }
const wrong = (reason: string): Request => ({ _tag: "Wrong", reason })

const isHelp = (argument: string): boolean => argument === "--help" || argument === "-h"
/** Finds the command that the words name, as deep as subcommands exist. */
const find = (from: CommandSpec, words: ReadonlyArray<string>): Request => {
  const [word, ...rest] = words
  if (word === undefined || from.subcommands.length === 0) return help(from)
  const below = from.subcommands.find(({ path }) => path.at(-1) === word.toLowerCase())
  return below === undefined ? wrong(unknownCommand(from, word)) : find(below, rest)
}

/** The options with a value of a command and all its subcommands. */
const withValue = ({ options, subcommands }: CommandSpec): ReadonlyArray<string> => [
  ...options.flatMap(({ names, value }) => value === undefined ? [] : names),
  ...subcommands.flatMap(withValue)
]

const isAbout = (option: string) => (argument: string): boolean =>
  argument === option || argument.startsWith(`${option}=`)

const withoutCommand = (program: CommandSpec, args: ReadonlyArray<string>): Request => {
  if (args.some(isAbout("--completions"))) return run(program, args)
  if (args.some(isHelp)) return help(program)
  if (args.some((argument) => argument === "--version" || argument === "-v")) return version
  return args.every((argument, i) => isLogLevel(argument, args[i - 1]))
    ? help(program)
    : wrong(withoutCommandReason(program, args))
}

interface Word {
  readonly text: string
  /** Its index among the arguments. */
  readonly index: number
}

/** The arguments that are neither options nor values of options. */
const wordsOf = (args: ReadonlyArray<string>, valued: ReadonlySet<string>): ReadonlyArray<Word> =>
  args.flatMap((argument, index) =>
    isOption(argument) || valued.has(args[index - 1] ?? "") ? [] : [{ text: restore(argument), index }]
  )

/** Interprets the arguments after the program's name. */
export const interpret = (program: CommandSpec, args: ReadonlyArray<string>): Request => {
  // an option before the command may belong to any command
  const named = program.subcommands.find(({ path }) => path.at(-1) === args[0]?.toLowerCase())
  const valued = new Set([...withValue(named ?? program), ...valuesEverywhere])
  const prepared = prepare(args, valued)
  const end = prepared.indexOf("--")
  const open = end < 0 ? prepared : prepared.slice(0, end)
  const words = wordsOf(open, valued)
  const [first, ...behind] = words.map(({ text }) => text)
  if (first === undefined || open.some(isAbout("--completions"))) return withoutCommand(program, open)
  const asksHelp = open.some(isHelp)
  if (first === "help" && (behind.length > 0 || !asksHelp)) return find(program, behind)
  if (first === "version" && open.length === 1) return version
  const found = find(program, [first, ...behind])
  if (found._tag !== "Help") return behind[0] === "help" ? find(program, [first, ...behind.slice(1)]) : found
  const { command } = found
  const calling = command.path.length - 1
  const isHelpWord = open.length === calling + 1 && behind[calling - 1] === "help"
  if (command.subcommands.length > 0 || isHelpWord || asksHelp) return found
  if (open.includes("--version")) return version
  const callingAt = new Set(words.slice(0, calling).map(({ index }) => index))
  const rest = read(program, command, prepared.filter((_, i) => !callingAt.has(i)))
  return "reason" in rest ? wrong(rest.reason) : run(command, [...command.path.slice(1), ...rest])
}
