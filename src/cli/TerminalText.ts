/**
 * Text for a terminal: what strangers wrote (agents, repositories, issues) is made harmless before it is shown, and text
 * is measured in columns, where an ideograph or an emoji takes two and a combining mark none.
 */

/**
 * Escape sequences and control characters, told apart by group: 1 = a colour or weight (SGR), 2 = a sequence to drop.
 * An unterminated string sequence loses its introducer only, so that it cannot hide the text behind it.
 */
const dangerous = new RegExp(
  [
    "((?:\\x1b\\[|\\x9b)[0-9;:]*m)",
    "((?:\\x1b\\[|\\x9b)[\\x30-\\x3f]*[\\x20-\\x2f]*[\\x40-\\x7e]" +
    "|(?:\\x1b[\\]PX^_]|[\\x90\\x98\\x9d-\\x9f])[^\\x07\\x1b\\x9c]*(?:\\x07|\\x1b\\\\|\\x9c)" +
    "|\\x1b[\\x20-\\x2f]*[\\x30-\\x7e])",
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f]"
  ].join("|"),
  "g"
)

/** Ends every colour and weight. */
const reset = "\x1b[0m"

/**
 * Removes what a terminal would act on: cursor moves, titles, links, queries, bells. Line feeds and tabs stay; a carriage
 * return becomes a space. Colours stay where `colour` is true, and end with their line.
 */
export const neutralise = (text: string, colour: boolean): string =>
  text.split("\n").map((line) => neutraliseLine(line, colour)).join("\n")

const neutraliseLine = (line: string, colour: boolean): string => {
  const clean = line.replace(dangerous, (match, sgr: string | undefined) => {
    if (sgr !== undefined) return colour ? `\x1b[${sgr.replace(/^(?:\x1b\[|\x9b)/, "")}` : ""
    return match === "\r" ? " " : ""
  })
  return colour && clean.includes("\x1b") ? clean + reset : clean
}

/** A text as one harmless line. */
export const oneLine = (text: string): string => neutralise(text, false).replace(/\s+/g, " ").trim()

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" })

const graphemes = (text: string): ReadonlyArray<string> => Array.from(segmenter.segment(text), (part) => part.segment)

const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}\u{1160}-\u{11ff}]/u
const emoji = /^\p{Emoji_Presentation}|\u{fe0f}/u
/** East Asian Wide and Fullwidth (Unicode Standard Annex 11), blocks taken whole. */
const eastAsianWide =
  /^[\u{1100}-\u{115f}\u{2e80}-\u{303e}\u{3041}-\u{4dbf}\u{4e00}-\u{a4cf}\u{a960}-\u{a97c}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe10}-\u{fe19}\u{fe30}-\u{fe6f}\u{ff01}-\u{ff60}\u{ffe0}-\u{ffe6}\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u

const graphemeWidth = (grapheme: string): number =>
  zeroWidth.test(grapheme) ? 0 : emoji.test(grapheme) || eastAsianWide.test(grapheme) ? 2 : 1

const plain = /^[\x20-\x7e]*$/

/** The columns a text takes; escape sequences must not be in it. */
export const width = (text: string): number =>
  plain.test(text) ? text.length : graphemes(text).reduce((sum, grapheme) => sum + graphemeWidth(grapheme), 0)

/** The longest beginning of a text that takes at most `columns`. */
const take = (text: string, columns: number): string => {
  let taken = ""
  let used = 0
  for (const grapheme of graphemes(text)) {
    used += graphemeWidth(grapheme)
    if (used > columns) break
    taken += grapheme
  }
  return taken
}

/** Cuts a text to `columns`, with an ellipsis where something is left out. */
export const truncate = (text: string, columns: number): string =>
  width(text) <= columns ? text : columns <= 0 ? "" : `${take(text, columns - 1).trimEnd()}…`

/** Fills a text with spaces up to `columns`. */
export const pad = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - width(text)))
