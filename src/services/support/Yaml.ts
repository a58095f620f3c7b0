/**
 * YAML from outside: one value, with the lines of its parts. The text is to be short: the parser takes milliseconds for a
 * kilobyte of the worst. It is recursive, and a stack overflow in it can end the process (a regular expression that is
 * compiled without room does), so the depth is limited before it starts. It is loaded when it is first needed.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { LineCounter, Node, YAMLError, YAMLMap, YAMLSeq } from "yaml"
import * as Invisible from "../../domain/Invisible.ts"

export class YamlInvalid extends Schema.TaggedError<YamlInvalid>()("YamlInvalid", {
  /** From 1; absent if the fault has no place. */
  line: Schema.optionalWith(Schema.Int, { exact: true }),
  reason: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

export interface YamlFile {
  /** Null if there is nothing but comments. */
  readonly value: unknown
  /** The line of the value, or of the innermost value around it that there is. */
  readonly lineOf: (path: ReadonlyArray<PropertyKey>) => number
}

const load = Effect.promise(() => import("yaml"))
type Library = Effect.Effect.Success<typeof load>

const reasons: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: "a key is there twice",
  MULTIPLE_DOCS: "it has several documents (---)",
  NON_STRING_KEY: "a key is not a text",
  TAB_AS_INDENT: "it is indented with a tab"
}

const inWords = (message: string): string => `it is not YAML: ${Invisible.reveal(message, 150)}`

const invalid = ({ code, message, pos }: YAMLError, lines: LineCounter) =>
  new YamlInvalid({ line: lines.linePos(pos[0]).line, reason: reasons[code] ?? inWords(message) })

/** Aliases that stand for too much, or for nothing. */
const unresolved = (error: unknown) => {
  const message = Predicate.isError(error) ? error.message : String(error)
  return new YamlInvalid({
    reason: message.startsWith("Excessive alias count") ? "its aliases stand for too much" : inWords(message)
  })
}

/** An estimate of the deepest nesting, at least half of it. It is far more than a person would write. */
const deepest = 100

/**
 * Whether the text may nest too deeply: by brackets, by indentation, by several `-` or `?` in a line. For the lexer a text
 * is one lexeme, with all brackets in it.
 */
const isTooDeep = (lexemes: Iterable<string>): boolean => {
  let flow = 0
  let line = 0
  let isLineStart = true
  for (const lexeme of lexemes) {
    if (lexeme === "[" || lexeme === "{") flow++
    else if (lexeme === "]" || lexeme === "}") flow--
    else if (lexeme === "-" || lexeme === "?" || lexeme === ":") line++
    else if (isLineStart && lexeme.startsWith(" ")) line += lexeme.length
    if (flow + line > deepest) return true
    isLineStart = lexeme.endsWith("\n")
    if (isLineStart) line = 0
  }
  return false
}

/** Where a part of a value is, and the part's own node. */
interface Part {
  readonly at: Node
  readonly node: unknown
}

const partOf = (library: Library, node: unknown, part: PropertyKey): Option.Option<Part> => {
  if (library.isSeq(node)) return inSequence(library, node, part)
  return library.isMap(node) ? inMap(library, node, part) : Option.none()
}

const inSequence = (library: Library, { items }: YAMLSeq, part: PropertyKey): Option.Option<Part> => {
  const item = typeof part === "number" ? items[part] : undefined
  return library.isNode(item) ? Option.some({ at: item, node: item }) : Option.none()
}

const inMap = (library: Library, { items }: YAMLMap, part: PropertyKey): Option.Option<Part> => {
  const pair = items.find(({ key }) => library.isScalar(key) && key.value === part)
  return library.isNode(pair?.key) ? Option.some({ at: pair.key, node: pair.value }) : Option.none()
}

export const parse = Effect.fn("Yaml.parse")(function*(text: string): Effect.fn.Return<YamlFile, YamlInvalid> {
  const library = yield* load
  if (isTooDeep(new library.Lexer().lex(text))) return yield* new YamlInvalid({ reason: "it nests too deeply" })
  const lines = new library.LineCounter()
  const document = library.parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true })
  const [error] = document.errors
  if (error !== undefined) return yield* invalid(error, lines)
  const value = yield* Effect.try({ try: (): unknown => document.toJS(), catch: unresolved })
  const lineOf = (path: ReadonlyArray<PropertyKey>): number => {
    let node: unknown = document.contents
    let offset = document.contents?.range?.[0] ?? 0
    for (const name of path) {
      const part = partOf(library, node, name)
      if (Option.isNone(part)) break
      offset = part.value.at.range?.[0] ?? offset
      node = part.value.node
    }
    return lines.linePos(offset).line
  }
  return { value, lineOf }
})
