/**
 * Text for a terminal: removes control sequences from foreign text (agents, repositories, issues) before it is shown,
 * and measures, truncates and wraps text in terminal columns.
 */
import cliTruncate from "cli-truncate"
import stringWidth from "string-width"
import wrapAnsi from "wrap-ansi"

/**
 * Escape sequences and control characters: group 1 is a colour or weight (SGR), group 2 a sequence to drop. An
 * unterminated string sequence loses only its introducer, so that it cannot hide the text after it.
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

/** Resets colours and weights. */
const reset = "\x1b[0m"

/**
 * Removes everything that a terminal would act on: cursor moves, titles, links, queries, bells. Line feeds and tabs
 * stay; a carriage return becomes a space. Colours stay if `colour` is true, and end with their line.
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

/** A text as one line without control characters. */
export const oneLine = (text: string): string => neutralise(text, false).replace(/\s+/g, " ").trim()

/** Segmenting takes quadratic time, so a long text is measured in pieces. */
const pieceLength = 256

/** The text in pieces, split at no surrogate pair. */
const pieces = (text: string): ReadonlyArray<string> => {
  const cut: Array<string> = []
  for (let from = 0; from < text.length;) {
    const end = from + pieceLength - (/[\ud800-\udbff]/.test(text.charAt(from + pieceLength - 1)) ? 1 : 0)
    cut.push(text.slice(from, end))
    from = end
  }
  return cut
}

/** The columns that a text takes: two for an ideograph or an emoji, none for a combining mark. */
export const width = (text: string): number => pieces(text).reduce((sum, piece) => sum + stringWidth(piece), 0)

/** Truncates a text to `columns`, with an ellipsis if anything is left out. */
export const truncate = (text: string, columns: number): string => {
  // no text that a person writes has more than eight code units per column: cut it before measuring
  const head = text.slice(0, pieceLength + 8 * Math.max(0, columns))
  if (head.length < text.length) return ellipsis(`${head}…`, columns, columns)
  return width(text) <= columns ? text : ellipsis(text, columns, columns)
}

/**
 * `cli-truncate` keeps a two-column character whose first column is the last that fits: then retry with one column
 * less.
 */
const ellipsis = (text: string, columns: number, asked: number): string => {
  const cut = cliTruncate(text, asked)
  return asked > 1 && width(cut) > columns
    ? ellipsis(text, columns, asked - 1)
    : cut.replace(/\s+…$/, "…")
}

/** Pads a text with spaces to `columns`. */
export const pad = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - width(text)))

/** A text's lines, none wider than `columns` unless it is a single word: words are never broken. */
export const wrap = (text: string, columns: number): ReadonlyArray<string> =>
  wrapAnsi(text, Math.max(1, columns), { hard: false }).split("\n")
