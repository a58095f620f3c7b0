/** Measures, truncates and pads text in terminal columns. */
import cliTruncate from "cli-truncate"
import stringWidth from "string-width"

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
