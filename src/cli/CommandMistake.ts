/** Explains a wrong command line in one sentence, with the nearest match or the alternatives. Pure. */
import { didYouMean, nearest } from "../services/support/Suggest.ts"
import type { CommandSpec, OptionSpec } from "./CommandSpec.ts"
import { commonOptions, programOptions, usage } from "./Help.ts"
import { oneLine } from "./terminal/SafeText.ts"

/** Names that other programs use for these commands. */
const alsoCalled: Readonly<Record<string, string>> = {
  ls: "list",
  ps: "list",
  show: "status",
  tail: "logs",
  cancel: "stop",
  kill: "stop",
  abort: "stop",
  send: "message",
  reply: "message",
  server: "serve",
  start: "serve",
  check: "doctor",
  build: "sandbox build"
}

/** The word is not a subcommand of `from`. */
export const unknownCommand = (from: CommandSpec, word: string): string => {
  const names = from.subcommands.map(({ path }) => path.at(-1) ?? "")
  const called = [...from.path.slice(1), word].join(" ")
  const meant = nearest(word, names)
  const also = from.path.length === 1 ? alsoCalled[word.toLowerCase()] : undefined
  const suggested = (meant.length > 0 ? meant : also === undefined ? [] : [also])
    .map((name) => [...from.path, name].join(" "))
  return suggested.length > 0
    ? `unknown command "${called}"${didYouMean(suggested)} (${from.path.join(" ")} --help lists the commands)`
    : `unknown command "${called}": the commands of ${from.path.join(" ")} are ${names.join(", ")}`
}

/** All options of a command, common ones included. */
export const optionsOf = (command: CommandSpec): ReadonlyArray<OptionSpec> => [
  ...command.options,
  ...(command.path.length === 1 ? programOptions : []),
  ...commonOptions
]

const helpOf = ({ path }: CommandSpec): string => `${path.join(" ")} --help`

/** All commands in the program that have this option. */
const commandsWith = (program: CommandSpec, name: string): ReadonlyArray<string> => [
  ...(program.options.some(({ names }) => names.includes(name)) ? [program.path.slice(1).join(" ")] : []),
  ...program.subcommands.flatMap((below) => commandsWith(below, name))
]

/** Neither the command nor the program has this option. */
export const unknownOption = (program: CommandSpec, command: CommandSpec, name: string): string => {
  const names = optionsOf(command).flatMap((option) => option.names)
  // -repo is --repo with one hyphen missing
  const typed = /^-[^-]./.test(name) ? `-${name}` : name
  const meant = nearest(typed, names.filter((known) => known.startsWith("--")))
  if (meant.length > 0) return `unknown option ${name}${didYouMean(meant)} (${helpOf(command)} lists the options)`
  const others = commandsWith(program, name).slice(0, 3)
  const elsewhere = others.length === 0
    ? ""
    : `; opentl ${others.join(", ")} ${others.length === 1 ? "has" : "have"} it`
  return `unknown option ${name} for ${command.path.join(" ")}${elsewhere} (${helpOf(command)} lists the options)`
}

/** There are options but no command. */
export const withoutCommandReason = (program: CommandSpec, args: ReadonlyArray<string>): string => {
  const known = new Set(optionsOf(program).flatMap(({ names }) => names))
  const names = args.filter((argument) => /^-./.test(argument)).map((argument) => argument.split("=", 1)[0] ?? "")
  const strange = names.find((name) => !known.has(name) && commandsWith(program, name).length === 0)
  return strange === undefined
    ? `a command is missing: ${helpOf(program)} lists the commands`
    : unknownOption(program, program, strange)
}

export const needsValue = (command: CommandSpec, name: string, option: OptionSpec): string =>
  `${name} needs a value: ${name} ${option.value ?? ""} (${helpOf(command)} says what it takes)`

/** Too few or too many arguments; undefined when the number is right. */
export const wrongNumber = (command: CommandSpec, words: ReadonlyArray<string>): string | undefined => {
  const missing = command.arguments.filter(({ isOptional }) => !isOptional)[words.length]
  if (missing !== undefined) return `missing argument ${missing.name}; usage: ${usage(command)} (${helpOf(command)})`
  const extra = command.arguments.some(({ isRepeated }) => isRepeated) ? undefined : words[command.arguments.length]
  return extra === undefined
    ? undefined
    : `unexpected argument "${oneLine(extra)}"${
      command.arguments.length > 0 ? " (put quotes around a text of several words)" : ""
    }; usage: ${usage(command)}`
}
