/**
 * The parser's definition of a command as data: the one source for help pages and error messages, so that neither can
 * name an option that does not exist. Pure.
 */
import * as CliConfig from "@effect/cli/CliConfig"
import * as Descriptor from "@effect/cli/CommandDescriptor"
import type * as HelpDoc from "@effect/cli/HelpDoc"
import type * as Span from "@effect/cli/HelpDoc/Span"
import type * as Usage from "@effect/cli/Usage"
import * as Option from "effect/Option"

export interface ArgumentSpec {
  /** As displayed: `<id>`. */
  readonly name: string
  readonly isOptional: boolean
  /** Whether it may be given any number of times. */
  readonly isRepeated: boolean
  readonly description: string
}

export interface OptionSpec {
  /** `--follow`; short ones first. */
  readonly names: ReadonlyArray<string>
  /** `<n>`; none for a flag. */
  readonly value: string | undefined
  readonly description: string
}

export interface CommandSpec {
  /** The words that invoke it, starting with the program's name. */
  readonly path: ReadonlyArray<string>
  readonly description: string
  readonly arguments: ReadonlyArray<ArgumentSpec>
  readonly options: ReadonlyArray<OptionSpec>
  readonly subcommands: ReadonlyArray<CommandSpec>
}

const textOf = (span: Span.Span): string =>
  span._tag === "Sequence"
    ? textOf(span.left) + textOf(span.right)
    : span._tag === "Text" || span._tag === "URI"
    ? span.value
    : textOf(span.value)

type Block = Exclude<HelpDoc.HelpDoc, HelpDoc.Empty | HelpDoc.Sequence>

const blocksOf = (doc: HelpDoc.HelpDoc): ReadonlyArray<Block> =>
  doc._tag === "Sequence"
    ? [...blocksOf(doc.left), ...blocksOf(doc.right)]
    : doc._tag === "Empty"
    ? []
    : [doc]

const paragraphsOf = (doc: HelpDoc.HelpDoc): ReadonlyArray<string> =>
  blocksOf(doc).flatMap((block) => block._tag === "Paragraph" ? [textOf(block.value)] : [])

/** The blocks below a heading. */
const section = (doc: HelpDoc.HelpDoc, heading: string): ReadonlyArray<Block> => {
  const blocks = blocksOf(doc)
  const isHeading = (block: Block) => block._tag === "Header"
  const from = blocks.findIndex((block) => block._tag === "Header" && textOf(block.value) === heading)
  if (from < 0) return []
  const rest = blocks.slice(from + 1)
  const end = rest.findIndex(isHeading)
  return end < 0 ? rest : rest.slice(0, end)
}

/** The description of each entry: the parser's remark on its type comes first, then our text. */
const descriptions = (doc: HelpDoc.HelpDoc, heading: string): ReadonlyArray<string> =>
  section(doc, heading).flatMap((block) =>
    block._tag === "DescriptionList"
      ? block.definitions.map(([, description]) => paragraphsOf(description)[1] ?? "")
      : []
  )

interface Named {
  readonly names: ReadonlyArray<string>
  readonly value: string | undefined
  readonly isOptional: boolean
  readonly isRepeated: boolean
}

/** The command, its options and its arguments, in declaration order. */
const namedOf = (usage: Usage.Usage, isOptional = false, isRepeated = false): ReadonlyArray<Named> => {
  switch (usage._tag) {
    case "Empty":
    case "Mixed":
      return []
    case "Named":
      return [{ names: usage.names, value: Option.getOrUndefined(usage.acceptedValues), isOptional, isRepeated }]
    case "Optional":
      return namedOf(usage.usage, true, isRepeated)
    case "Repeated":
      return namedOf(usage.usage, true, true)
    case "Alternation":
    case "Concat":
      return [...namedOf(usage.left, isOptional, isRepeated), ...namedOf(usage.right, isOptional, isRepeated)]
  }
}

const isOption = ({ names }: Named): boolean => names.every((name) => name.startsWith("-"))

/** A parser command. The parser does not expose nested subcommands, so they are given separately. */
export interface Described {
  readonly descriptor: Descriptor.Command<unknown>
}

/** Computed on first use: most command lines need only one command. */
const lazily = <A>(compute: () => A): () => A => {
  let known: { readonly value: A } | undefined
  return () => (known ??= { value: compute() }).value
}

/** Describes a command. `before` are the words in front of its name, `subcommands` the commands below it. */
export const describe = (
  { descriptor }: Described,
  before: ReadonlyArray<string> = [],
  subcommands: (path: ReadonlyArray<string>) => ReadonlyArray<CommandSpec> = () => []
): CommandSpec => {
  const path = [...before, ...Descriptor.getNames(descriptor)]
  const help = lazily(() => Descriptor.getHelp(descriptor, CliConfig.make({ showBuiltIns: false })))
  // the first is the command itself
  const named = lazily(() => namedOf(Descriptor.getUsage(descriptor)).slice(1))
  const args = lazily(() => {
    const said = descriptions(help(), "ARGUMENTS")
    return named().filter((entry) => !isOption(entry)).map(({ isOptional, isRepeated, names }, i): ArgumentSpec => ({
      name: names.join(" "),
      isOptional,
      isRepeated,
      description: said[i] ?? ""
    }))
  })
  const options = lazily(() => {
    const said = descriptions(help(), "OPTIONS")
    return named().filter(isOption).map(({ names, value }, i): OptionSpec => ({
      names,
      value: value === undefined ? undefined : `<${value}>`,
      description: said[i] ?? ""
    }))
  })
  const below = lazily(() => subcommands(path))
  return {
    path,
    get description() {
      return section(help(), "DESCRIPTION").flatMap(paragraphsOf)[0] ?? ""
    },
    get arguments() {
      return args()
    },
    get options() {
      return options()
    },
    get subcommands() {
      return below()
    }
  }
}
