/**
 * Markdown as a terminal shows it: headings, lists, code, quotations, tables, emphasis, and links with their addresses
 * written out. Pure; the text is made harmless first, so that all colours in the result are ours.
 */
import * as Option from "effect/Option"
import { lexer, type MarkedToken, type Token, type Tokens } from "marked"
import type { Style } from "./Style.ts"
import { neutralise, pad, width } from "./TerminalText.ts"
import { wrapLine, wrapText } from "./Wrap.ts"

export interface MarkdownOptions {
  readonly columns: number
  readonly style: Style
}

/** Reading some texts costs the square of their length. A longer one is shown as it was written. */
const longestText = 16_000

/** No narrower, however deep a list is. */
const leastColumns = 16

type Tag = MarkedToken["type"]
const tags: ReadonlySet<string> = new Set<Tag>([
  "blockquote",
  "br",
  "checkbox",
  "code",
  "codespan",
  "def",
  "del",
  "em",
  "escape",
  "heading",
  "hr",
  "html",
  "image",
  "link",
  "list",
  "list_item",
  "paragraph",
  "space",
  "strong",
  "table",
  "text"
])
const isKnown = (token: Token): token is MarkedToken => tags.has(token.type)

/** The parser throws where quotations or lists are nested some thousand deep. */
const parse = Option.liftThrowable((markdown: string): ReadonlyArray<Token> => lexer(markdown))

const entities: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": "\"",
  "&#39;": "'",
  "&nbsp;": " "
}

/** Made harmless once more: the parser has made characters of numbers (`&#27;`), control characters, too. */
const plainText = (text: string): string =>
  neutralise(
    text.replace(/&(?:amp|lt|gt|quot|#39|nbsp);/g, (entity) => entities[entity] ?? entity).replace(/\n/g, " "),
    false
  )

const inline = (tokens: ReadonlyArray<Token> | undefined, style: Style): string =>
  (tokens ?? []).map((token) => isKnown(token) ? span(token, style) : token.raw).join("")

const withAddress = (text: string, address: string): string =>
  address === "" || text === address || `mailto:${text}` === address ? text : `${text} (${address})`

const span = (token: MarkedToken, style: Style): string => {
  switch (token.type) {
    case "strong":
      return style.bold(inline(token.tokens, style))
    case "em":
      return style.italic(inline(token.tokens, style))
    case "del":
      return `~~${inline(token.tokens, style)}~~`
    case "codespan":
      return style.cyan(token.text.replace(/\n/g, " "))
    case "link":
      return withAddress(inline(token.tokens, style), token.href)
    case "image":
      return withAddress(token.text === "" ? "image" : token.text, token.href)
    case "br":
      return "\n"
    case "checkbox":
      return token.checked ? "[x] " : "[ ] "
    case "text":
      return token.tokens === undefined ? plainText(token.text) : inline(token.tokens, style)
    case "escape":
      return token.text
    default:
      return plainText(token.raw)
  }
}

const indented = (lines: ReadonlyArray<string>, first: string, further: string): ReadonlyArray<string> =>
  lines.map((line, i) => line === "" && i > 0 ? "" : `${i === 0 ? first : further}${line}`)

const listItem = (item: Tokens.ListItem, marker: string, { columns, style }: MarkdownOptions) => {
  const [first, ...rest] = item.tokens
  const isTask = first?.type === "checkbox"
  const head = isTask ? `${marker}${item.checked === true ? "[x] " : "[ ] "}` : marker
  const lines = blocks(isTask ? rest : item.tokens, !item.loose, { columns: columns - width(head), style })
  return indented(lines.length === 0 ? [""] : lines, head, " ".repeat(width(head)))
}

const list = (token: Tokens.List, options: MarkdownOptions): ReadonlyArray<string> => {
  const start = token.start === "" ? 1 : token.start
  const markers = token.items.map((_, i) => token.ordered ? `${start + i}. ` : "• ")
  const columns = Math.max(0, ...markers.map(width))
  return token.items.flatMap((item, i) => [
    ...(token.loose && i > 0 ? [""] : []),
    ...listItem(item, " ".repeat(columns - width(markers[i] ?? "")) + (markers[i] ?? ""), options)
  ])
}

const table = (token: Tokens.Table, { columns, style }: MarkdownOptions): ReadonlyArray<string> => {
  const rows = [token.header.map((cell) => style.bold(inline(cell.tokens, style)))]
    .concat(token.rows.map((row) => row.map((cell) => inline(cell.tokens, style))))
    .map((row) => row.map((cell) => cell.replace(/\n/g, " ")))
  const widths = token.header.map((_, column) => Math.max(0, ...rows.map((row) => width(row[column] ?? ""))))
  return rows.flatMap((row) =>
    wrapLine(row.map((cell, column) => pad(cell, widths[column] ?? 0)).join("  ").trimEnd(), columns, 2)
  )
}

const block = (token: MarkedToken, options: MarkdownOptions): ReadonlyArray<string> => {
  const { columns, style } = options
  switch (token.type) {
    case "space":
    case "def":
      return []
    case "heading":
      return wrapText(style.bold(inline(token.tokens, style)), columns)
    case "code":
      return wrapText(token.text, columns - 2).map((line) => line === "" ? "" : `  ${style.cyan(line)}`)
    case "blockquote":
      return blocks(token.tokens, false, { columns: columns - 2, style }).map((line) => `${style.dim("│")} ${line}`)
    case "list":
      return list(token, options)
    case "table":
      return table(token, options)
    case "hr":
      return [style.dim("─".repeat(Math.min(columns, 40)))]
    case "paragraph":
      return wrapText(inline(token.tokens, style), columns)
    case "html":
      return wrapText(token.raw.trimEnd(), columns)
    default:
      return wrapText(span(token, style), columns)
  }
}

/** Blocks below each other, with a line between them unless they are the parts of a tight list's item. */
const blocks = (
  tokens: ReadonlyArray<Token>,
  isTight: boolean,
  { columns, style }: MarkdownOptions
): ReadonlyArray<string> =>
  tokens
    .map((token) =>
      isKnown(token) ? block(token, { columns: Math.max(leastColumns, columns), style }) : wrapText(token.raw, columns)
    )
    .filter((lines) => lines.length > 0)
    .flatMap((lines, i) => i === 0 || isTight ? lines : ["", ...lines])

/** The text's lines, none wider than `columns`. What cannot be read as markdown is shown as it was written. */
export const markdownLines = (markdown: string, options: MarkdownOptions): ReadonlyArray<string> => {
  const text = neutralise(markdown, false).trim()
  const parsed = text.length > longestText ? Option.none() : parse(text)
  return Option.match(parsed, {
    onNone: () => wrapText(text, options.columns),
    onSome: (tokens) => blocks(tokens, false, options)
  })
}
