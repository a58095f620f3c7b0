/**
 * Separates a command's options from its arguments, by the options that the command has. Left to itself, the parser
 * takes an unknown option for an argument, and a word after a flag for the flag's value. Pure.
 */
import { markText, restore } from "./CommandLine.ts"
import { needsValue, optionsOf, unknownOption, wrongNumber } from "./CommandMistake.ts"
import type { CommandSpec, OptionSpec } from "./CommandSpec.ts"

/** For the parser: the options with their values, then the arguments, none of which looks like an option. */
export type ParserArguments = ReadonlyArray<string>

/** One sentence about what is wrong. */
export interface Mistake {
  readonly reason: string
}

/** Reads the arguments after a command's name, or says what is wrong with them. */
export const read = (
  program: CommandSpec,
  command: CommandSpec,
  args: ReadonlyArray<string>
): ParserArguments | Mistake => {
  const known = optionsOf(command)
  const seen = new Set<OptionSpec>()
  const options: Array<string> = []
  const words: Array<string> = []
  for (let i = 0; i < args.length; i++) {
    const argument = args[i] ?? ""
    if (argument === "--") {
      words.push(...args.slice(i + 1))
      break
    }
    if (!/^-./.test(argument)) {
      words.push(argument)
      continue
    }
    const [name = ""] = argument.split("=", 1)
    const option = known.find(({ names }) => names.includes(name.toLowerCase()))
    if (option === undefined) return { reason: unknownOption(program, command, name) }
    if (seen.has(option)) return { reason: `${name} is given twice` }
    seen.add(option)
    options.push(argument)
    if (option.value === undefined || argument !== name) continue
    const value = args[i + 1]
    if (value === undefined || known.some(({ names }) => names.includes(value))) {
      return { reason: needsValue(command, name, option) }
    }
    options.push(value)
    i++
  }
  const number = wrongNumber(command, words.map(restore))
  return number === undefined
    ? [...options, ...(words.length === 0 ? [] : ["--", ...words.map(markText)])]
    : { reason: number }
}
