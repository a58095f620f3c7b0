/**
 * Text for a terminal: what strangers wrote (agents, repositories, issues) is made harmless before it is shown, and text
 * is measured, cut and wrapped in the columns of a terminal.
 */
import cliTruncate from "cli-truncate"
import stringWidth from "string-width"
import wrapAnsi from "wrap-ansi"

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

/** Segmenting a text costs the square of its length, so a long one is measured in pieces. */
const pieceLength = 256

/** The text in pieces, none of which ends within a surrogate pair. */
const pieces = (text: string): ReadonlyArray<string> => {
  const cut: Array<string> = []
  for (let from = 0; from < text.length;) {
    const end = from + pieceLength - (/[\ud800-\udbff]/.test(text.charAt(from + pieceLength - 1)) ? 1 : 0)
    cut.push(text.slice(from, end))
    from = end
  }
  return cut
}

/** The columns a text takes: two for an ideograph or an emoji, none for a mark. */
export const width = (text: string): number => pieces(text).reduce((sum, piece) => sum + stringWidth(piece), 0)

/** Cuts a text to `columns`, with an ellipsis where something is left out. */
export const truncate = (text: string, columns: number): string => {
  // nothing that a person writes takes more than eight code units a column: a longer text is cut before it is measured
  const head = text.slice(0, pieceLength + 8 * Math.max(0, columns))
  if (head.length < text.length) return ellipsis(`${head}…`, columns, columns)
  return width(text) <= columns ? text : ellipsis(text, columns, columns)
}

/** `cli-truncate` keeps a character of two columns whose first column is the last that fits: then one less is asked for. */
const ellipsis = (text: string, columns: number, asked: number): string => {
  const cut = cliTruncate(text, asked)
  return asked > 1 && width(cut) > columns
    ? ellipsis(text, columns, asked - 1)
    : cut.replace(/\s+…$/, "…")
}

/** Fills a text with spaces up to `columns`. */
export const pad = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - width(text)))

/** A text's lines, none of them wider than `columns` unless a single word is: words are never broken. */
export const wrap = (text: string, columns: number): ReadonlyArray<string> =>
  wrapAnsi(text, Math.max(1, columns), { hard: false }).split("\n")
