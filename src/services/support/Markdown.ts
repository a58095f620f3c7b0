/**
 * Reads the markdown that models write (plans, answers, reviews), for whoever shows it: a chat, a terminal. Pure. The
 * reader is `marked`, kept within bounds, since the text may come from anywhere: what is nested too deep, or has more
 * marks than a person writes, is left as it was written. Nothing is rendered here, and HTML is only text.
 *
 * @example
 * read("**Done**, see `a.ts`")
 * // [Paragraph { content: [Strong { content: [Text "Done"] }, Text ", see ", Code "a.ts"] }]
 */
import * as Either from "effect/Either"
import { Lexer, type MarkedToken, type Token, type Tokens, type TokensList } from "marked"

export type Inline =
  /** Its line feeds are where the writer's lines ended; a reader of prose sees a space there. */
  | { readonly _tag: "Text"; readonly text: string }
  /** A line break that is meant. */
  | { readonly _tag: "Break" }
  | { readonly _tag: "Code"; readonly text: string }
  | { readonly _tag: "Strong" | "Emphasis" | "Deleted"; readonly content: ReadonlyArray<Inline> }
  | { readonly _tag: "Link"; readonly content: ReadonlyArray<Inline>; readonly url: string }
  | { readonly _tag: "Image"; readonly text: string; readonly url: string }

export interface Item {
  /** Of a task list. */
  readonly isChecked: boolean | undefined
  readonly blocks: ReadonlyArray<Block>
}

export type Block =
  | { readonly _tag: "Paragraph"; readonly content: ReadonlyArray<Inline> }
  | { readonly _tag: "Heading"; readonly level: number; readonly content: ReadonlyArray<Inline> }
  | { readonly _tag: "CodeBlock"; readonly text: string; readonly language: string }
  | { readonly _tag: "Quote"; readonly blocks: ReadonlyArray<Block> }
  | {
    readonly _tag: "List"
    /** The number of the first item; undefined where the items have bullets. */
    readonly start: number | undefined
    /** Whether blank lines stand between the items. */
    readonly isLoose: boolean
    readonly items: ReadonlyArray<Item>
  }
  | {
    readonly _tag: "Table"
    readonly header: ReadonlyArray<ReadonlyArray<Inline>>
    readonly rows: ReadonlyArray<ReadonlyArray<ReadonlyArray<Inline>>>
    /** The table as it was written, its columns perhaps in line. */
    readonly source: string
  }
  | { readonly _tag: "Rule" }
  /** What is left as it was written, line by line: HTML, and what is too long or could not be read. */
  | { readonly _tag: "Verbatim"; readonly text: string }

/** UTF-16 code units of a text that is read; a longer one is left as it was written. */
export const longestText = 20_000

/** Quotations and lists within each other, and marks within each other. */
const deepestBlocks = 10
const deepestMarks = 8
/** Marks in one paragraph; the time that they take grows with their square. */
const mostMarks = 300

const asWritten = (text: string): Tokens.Text => ({ type: "text", raw: text, text })

/** Leaves what is nested too deep, or has too many marks, as it was written. */
class BoundedLexer extends Lexer {
  #blocks = 0
  #marks = 0

  override blockTokens(source: string, tokens?: Array<Token>, lastParagraphClipped?: boolean): Array<Token>
  override blockTokens(source: string, tokens?: TokensList, lastParagraphClipped?: boolean): TokensList
  override blockTokens(source: string, tokens: Array<Token> = [], lastParagraphClipped?: boolean): Array<Token> {
    if (this.#blocks >= deepestBlocks) {
      tokens.push({ type: "paragraph", raw: source, text: source, tokens: [asWritten(source)] })
      return tokens
    }
    this.#blocks++
    super.blockTokens(source, tokens, lastParagraphClipped)
    this.#blocks--
    return tokens
  }

  override inlineTokens(source: string, tokens: Array<Token> = []): Array<Token> {
    if (this.#marks >= deepestMarks || (source.match(/[*_~`[\]<!@:]/g)?.length ?? 0) > mostMarks) {
      tokens.push(asWritten(source))
      return tokens
    }
    this.#marks++
    super.inlineTokens(source, tokens)
    this.#marks--
    return tokens
  }
}

const kinds: ReadonlySet<string> = new Set<MarkedToken["type"]>([
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
const isKnown = (token: Token): token is MarkedToken => kinds.has(token.type)

const entities: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": "\"",
  "&nbsp;": "\u00a0"
}
/** `marked` reads the numbers of characters, and leaves these names to whoever writes a page. */
const named = (text: string): string => text.replace(/&(?:amp|lt|gt|quot|nbsp);/g, (name) => entities[name] ?? name)

const inlines = (tokens: ReadonlyArray<Token>): ReadonlyArray<Inline> =>
  tokens.flatMap((token) => isKnown(token) ? inline(token) : [{ _tag: "Text", text: token.raw }])

const inline = (token: MarkedToken): ReadonlyArray<Inline> => {
  switch (token.type) {
    case "text":
      return token.tokens === undefined ? [{ _tag: "Text", text: named(token.text) }] : inlines(token.tokens)
    case "escape":
      return [{ _tag: "Text", text: token.text }]
    case "br":
      return [{ _tag: "Break" }]
    case "codespan":
      return [{ _tag: "Code", text: token.text }]
    case "strong":
      return [{ _tag: "Strong", content: inlines(token.tokens) }]
    case "em":
      return [{ _tag: "Emphasis", content: inlines(token.tokens) }]
    case "del":
      return [{ _tag: "Deleted", content: inlines(token.tokens) }]
    case "link":
      return [{
        _tag: "Link",
        content: inlines(token.tokens),
        url: token.autolink === true ? token.href : named(token.href)
      }]
    case "image":
      return [{ _tag: "Image", text: named(token.text), url: named(token.href) }]
    case "checkbox":
      return []
    default:
      return [{ _tag: "Text", text: token.raw }]
  }
}

const paragraph = (content: ReadonlyArray<Inline>): ReadonlyArray<Block> =>
  content.length === 0 ? [] : [{ _tag: "Paragraph", content }]

const blocks = (tokens: ReadonlyArray<Token>): ReadonlyArray<Block> =>
  tokens.flatMap((token) => isKnown(token) ? block(token) : paragraph([{ _tag: "Text", text: token.raw }]))

const itemOf = ({ checked, task, tokens }: Tokens.ListItem): Item => ({
  isChecked: task ? checked === true : undefined,
  blocks: blocks(tokens)
})

const block = (token: MarkedToken): ReadonlyArray<Block> => {
  switch (token.type) {
    case "space":
    case "def":
    case "checkbox":
      return []
    case "hr":
      return [{ _tag: "Rule" }]
    case "heading":
      return [{ _tag: "Heading", level: token.depth, content: inlines(token.tokens) }]
    case "paragraph":
      return paragraph(inlines(token.tokens))
    case "code":
      return [{ _tag: "CodeBlock", text: token.text, language: token.lang ?? "" }]
    case "blockquote":
      return [{ _tag: "Quote", blocks: blocks(token.tokens) }]
    case "list":
      return [{
        _tag: "List",
        start: token.ordered ? Number(token.start) : undefined,
        isLoose: token.loose,
        items: token.items.map(itemOf)
      }]
    case "table":
      return [{
        _tag: "Table",
        header: token.header.map((cell) => inlines(cell.tokens)),
        rows: token.rows.map((row) => row.map((cell) => inlines(cell.tokens))),
        source: token.raw.trimEnd()
      }]
    case "html":
      return [{ _tag: "Verbatim", text: token.raw.trimEnd() }]
    default:
      return paragraph(inline(token))
  }
}

/** Reads a text; never fails, and does not take long whatever the text is. */
export const read = (text: string): ReadonlyArray<Block> => {
  const whole: ReadonlyArray<Block> = [{ _tag: "Verbatim", text }]
  if (text.length > longestText) return whole
  return Either.getOrElse(
    Either.try(() => blocks(new BoundedLexer().lex(text))),
    () => whole
  )
}
