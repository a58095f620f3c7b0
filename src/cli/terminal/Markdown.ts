/**
 * Markdown as a terminal shows it: headings, lists, code, quotations, tables, emphasis, and links with their addresses
 * written out. Pure; the text is made harmless first, so that all colours in the result are ours.
 */
import * as Markdown from "../../services/support/Markdown.ts"
import { neutralise } from "./SafeText.ts"
import type { Style } from "./Style.ts"
import { pad, width } from "./TerminalText.ts"
import { wrapLine, wrapText } from "./Wrap.ts"

export interface MarkdownOptions {
  readonly columns: number
  readonly style: Style
}

/** No narrower, however deep a list is. */
const leastColumns = 16

/** Made harmless once more: the parser has made characters of numbers (`&#27;`), control characters, too. */
const plainText = (text: string): string => neutralise(text.replace(/\n/g, " "), false)

const withAddress = (text: string, address: string): string =>
  address === "" || text === address || `mailto:${text}` === address ? text : `${text} (${address})`

const inline = (content: ReadonlyArray<Markdown.Inline>, style: Style): string =>
  content.map((part) => {
    switch (part._tag) {
      case "Text":
        return plainText(part.text)
      case "Break":
        return "\n"
      case "Code":
        return style.cyan(plainText(part.text))
      case "Strong":
        return style.bold(inline(part.content, style))
      case "Emphasis":
        return style.italic(inline(part.content, style))
      case "Deleted":
        return `~~${inline(part.content, style)}~~`
      case "Link":
        return withAddress(inline(part.content, style), plainText(part.url))
      case "Image":
        return withAddress(part.text === "" ? "image" : plainText(part.text), plainText(part.url))
    }
  }).join("")

const indented = (lines: ReadonlyArray<string>, first: string, further: string): ReadonlyArray<string> =>
  lines.map((line, i) => line === "" && i > 0 ? "" : `${i === 0 ? first : further}${line}`)

type Named<Tag extends Markdown.Block["_tag"]> = Extract<Markdown.Block, { readonly _tag: Tag }>

const list = ({ isLoose, items, start }: Named<"List">, { columns, style }: MarkdownOptions): ReadonlyArray<string> => {
  const markers = items.map((_, i) => start === undefined ? "• " : `${start + i}. `)
  const widest = Math.max(0, ...markers.map(width))
  return items.flatMap(({ blocks: shown, isChecked }, i) => {
    const box = isChecked === undefined ? "" : isChecked ? "[x] " : "[ ] "
    const head = `${(markers[i] ?? "").padStart(widest)}${box}`
    const lines = blocks(shown, !isLoose, { columns: columns - width(head), style })
    const item = indented(lines.length === 0 ? [""] : lines, head, " ".repeat(width(head)))
    return isLoose && i > 0 ? ["", ...item] : item
  })
}

const table = ({ header, rows }: Named<"Table">, { columns, style }: MarkdownOptions): ReadonlyArray<string> => {
  const cells = [header.map((cell) => style.bold(inline(cell, style)))]
    .concat(rows.map((row) => row.map((cell) => inline(cell, style))))
    .map((row) => row.map((cell) => cell.replace(/\n/g, " ")))
  const widths = header.map((_, column) => Math.max(0, ...cells.map((row) => width(row[column] ?? ""))))
  return cells.flatMap((row) =>
    wrapLine(row.map((cell, column) => pad(cell, widths[column] ?? 0)).join("  ").trimEnd(), columns, 2)
  )
}

const block = (shown: Markdown.Block, options: MarkdownOptions): ReadonlyArray<string> => {
  const { columns, style } = options
  switch (shown._tag) {
    case "Heading":
      return wrapText(style.bold(inline(shown.content, style)), columns)
    case "CodeBlock":
      return wrapText(shown.text, columns - 2).map((line) => line === "" ? "" : `  ${style.cyan(line)}`)
    case "Quote":
      return blocks(shown.blocks, false, { columns: columns - 2, style }).map((line) => `${style.dim("│")} ${line}`)
    case "List":
      return list(shown, options)
    case "Table":
      return table(shown, options)
    case "Rule":
      return [style.dim("─".repeat(Math.min(columns, 40)))]
    case "Paragraph":
      return wrapText(inline(shown.content, style), columns)
    case "Verbatim":
      return wrapText(shown.text, columns)
  }
}

/** Blocks below each other, with a line between them unless they are the parts of a tight list's item. */
const blocks = (
  all: ReadonlyArray<Markdown.Block>,
  isTight: boolean,
  { columns, style }: MarkdownOptions
): ReadonlyArray<string> =>
  all
    .map((shown) => block(shown, { columns: Math.max(leastColumns, columns), style }))
    .filter((lines) => lines.length > 0)
    .flatMap((lines, i) => i === 0 || isTight ? lines : ["", ...lines])

/** The text's lines, none wider than `columns`. What cannot be read as markdown is shown as it was written. */
export const markdownLines = (markdown: string, options: MarkdownOptions): ReadonlyArray<string> =>
  blocks(Markdown.read(neutralise(markdown, false).trim()), false, options)
