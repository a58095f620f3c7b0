/**
 * Help pages: one renderer for all commands, over the parser's definitions. Pure: the width is a parameter. Loads in
 * milliseconds, as help is printed before the program is loaded (`BareHelp`).
 */
import { type CommandNotes, commandNotes } from "./CommandNotes.ts"
import type { CommandSpec } from "./CommandSpec.ts"
import type { Style } from "./terminal/Style.ts"
import { wrapWords } from "./terminal/WrapWords.ts"

export interface HelpOptions {
  /** Lines are wrapped at this many columns; words are never broken. */
  readonly columns: number
  readonly style: Style
}

type Row = readonly [left: string, right: string]

/** Options that every command takes. */
export const commonOptions = [
  {
    names: ["--log-level"],
    value: "<level>",
    description: "all, trace, debug, info, warning, error, fatal, none"
  },
  { names: ["-h", "--help"], value: undefined, description: "print this page" }
] as const

/** Options of the program itself. */
export const programOptions = [
  { names: ["--completions"], value: "<shell>", description: "print a completion script for bash, zsh or fish" },
  { names: ["-v", "--version"], value: undefined, description: "print the version" }
] as const

/** Trailing remarks on where a value comes from: `[env: OPENTL_SERVER] [default: 30m]`. */
const remarks = /(?:\s*\[[^\]]*\])+$/
const unbroken = "\u00a0"
const longestUnbroken = 34

const paragraph = (
  text: string,
  indent: number,
  columns: number,
  style: (line: string) => string = identity
): ReadonlyArray<string> => wrapWords(text, columns - indent).map((line) => " ".repeat(indent) + style(line))

const identity = (line: string): string => line

/** The text's lines. Remarks are dimmed, and kept on one line if short. */
const described = (text: string, columns: number, style: Style): ReadonlyArray<string> => {
  const [remark = ""] = remarks.exec(text) ?? []
  const start = text.length - remark.trimStart().length
  const kept = text.replace(/\[[^\]]*\]/g, (one) => one.length > longestUnbroken ? one : one.replaceAll(" ", unbroken))
  let seen = 0
  return wrapWords(kept, columns).map((line) => {
    const from = Math.max(0, start - seen)
    seen += line.length + 1
    const shown = line.replaceAll(unbroken, " ")
    return from >= line.length ? shown : shown.slice(0, from) + style.dim(shown.slice(from))
  })
}

const gap = 2
const leastRight = 30

/** Two columns. If the right one would be too narrow, its text goes below the left one's. */
const table = (rows: ReadonlyArray<Row>, { columns, style }: HelpOptions): ReadonlyArray<string> => {
  const left = Math.max(0, ...rows.map(([name]) => name.length))
  const indent = left + 2 * gap
  const isBeside = columns - indent >= leastRight
  const lines = rows.flatMap(([name, text]) => {
    const right = described(text, columns - (isBeside ? indent : 3 * gap), style)
    return isBeside
      ? right.map((line, i) => " ".repeat(gap) + (i === 0 ? name : "").padEnd(left + gap) + line)
      : [" ".repeat(gap) + name, ...right.map((line) => " ".repeat(3 * gap) + line)]
  })
  return lines.map((line) => line.trimEnd())
}

const section = (title: string, lines: ReadonlyArray<string>, { style }: HelpOptions): ReadonlyArray<string> =>
  lines.length === 0 ? [] : [style.bold(title), ...lines, ""]

const optionRow = ({ description, names, value }: CommandSpec["options"][number]): Row => [
  names.join(", ") + (value === undefined ? "" : ` ${value}`),
  description
]

const optionRows = (options: CommandSpec["options"]): ReadonlyArray<Row> => options.map(optionRow)

const exampleRows = ({ examples }: CommandNotes, options: HelpOptions): ReadonlyArray<string> =>
  examples.flatMap(([line, does]) => [
    `  ${line}`,
    ...paragraph(does, 6, options.columns, options.style.dim)
  ])

const notesOf = ({ path }: CommandSpec): CommandNotes => commandNotes[path.slice(1).join(" ")] ?? { examples: [] }

/** `opentl status <id> [options]`. */
export const usage = ({ arguments: args, options, path, subcommands }: CommandSpec): string =>
  [
    ...path,
    ...args.map(({ isOptional, isRepeated, name }) => isOptional ? `[${name}${isRepeated ? "…" : ""}]` : name),
    ...(subcommands.length > 0 ? ["<command>"] : []),
    ...(options.length > 0 || subcommands.length > 0 ? ["[options]"] : [])
  ].join(" ")

/** The help page of one command. */
export const commandPage = (spec: CommandSpec, options: HelpOptions): string =>
  [
    ...paragraph(spec.description, 0, options.columns),
    "",
    ...section("USAGE", paragraph(usage(spec), gap, options.columns), options),
    ...(notesOf(spec).details ?? []).flatMap((text) => [...paragraph(text, 0, options.columns), ""]),
    ...section("COMMANDS", table(subcommandRows(spec), options), options),
    ...section(
      "ARGUMENTS",
      table(spec.arguments.map(({ description, name }): Row => [name, description]), options),
      options
    ),
    ...section("OPTIONS", table(optionRows([...spec.options, ...commonOptions]), options), options),
    ...section("EXAMPLES", exampleRows(notesOf(spec), options), options)
  ].join("\n")

const subcommandRows = ({ subcommands }: CommandSpec): ReadonlyArray<Row> =>
  subcommands.map(({ description, path }): Row => [path.at(-1) ?? "", description])

/** The help page of the program. */
export const programPage = (spec: CommandSpec, version: string, options: HelpOptions): string =>
  [
    ...paragraph(`opentl ${version}: ${spec.description}`, 0, options.columns),
    "",
    ...section("USAGE", [`  ${spec.path.join(" ")} <command> [options]`], options),
    ...section("COMMANDS", table(subcommandRows(spec), options), options),
    ...section("OPTIONS", table(optionRows([...programOptions, ...commonOptions]), options), options),
    ...section("EXAMPLES", exampleRows(notesOf(spec), options), options),
    ...paragraph("opentl help <command> shows a command's options and examples.", 0, options.columns),
    ""
  ].join("\n")
