/**
 * What a person wrote, in pieces: typed text, quotations, and references. A platform's edge makes the pieces from its
 * own markup; `RequestText` reads flags in the typed text. Pure.
 */
import * as Data from "effect/Data"

export type Piece = Data.TaggedEnum<{
  /** Typed by the person. May still contain quotations and code marked as in markdown. */
  Typed: { readonly text: string }
  /** Code or a quotation by the platform's markup: contains no flags. */
  Quoted: { readonly text: string }
  /** A link, or the name of a person or a channel: no flag starts in it. As a flag's value it means `value`. */
  Reference: { readonly text: string; readonly value: string }
}>
export const Piece = Data.taggedEnum<Piece>()

export type Written = ReadonlyArray<Piece>

/** A text without a platform's markup. */
export const typed = (text: string): Written => [Piece.Typed({ text })]

export const plain = (written: Written): string => written.map(({ text }) => text).join("")

export const isBlank = (written: Written): boolean => plain(written).trim() === ""

/** Drops the first `length` UTF-16 code units. */
export const dropStart = (written: Written, length: number): Written => {
  let rest = length
  return written.flatMap((piece) => {
    const cut = Math.min(rest, piece.text.length)
    rest -= cut
    if (cut === 0) return [piece]
    if (cut === piece.text.length) return []
    // half a link is not a link
    return [{ ...(piece._tag === "Reference" ? Piece.Typed(piece) : piece), text: piece.text.slice(cut) }]
  })
}

/** Removes leading white space. */
export const trimStart = (written: Written): Written => {
  const text = plain(written)
  return dropStart(written, text.length - text.trimStart().length)
}

/** The longest run of backticks in a text. */
const longestRun = (text: string): number =>
  [...text.matchAll(/`+/g)].reduce((longest, [run]) => Math.max(longest, run.length), 0)

/** A fenced code block that the text cannot close. */
export const fence = (text: string, language = ""): string => {
  const marks = "`".repeat(Math.max(3, longestRun(text) + 1))
  return `${marks}${language}\n${text}${text.endsWith("\n") ? "" : "\n"}${marks}`
}

/** Inline code that the text cannot close; a block if it has several lines. */
export const code = (text: string): string => {
  if (text.includes("\n")) return fence(text)
  const marks = "`".repeat(longestRun(text) + 1)
  const space = text.startsWith("`") || text.endsWith("`") ? " " : ""
  return `${marks}${space}${text}${space}${marks}`
}

/** A quotation: every line is marked with `>`. */
export const quotation = (text: string): string => text.split("\n").map((line) => `> ${line}`).join("\n")
