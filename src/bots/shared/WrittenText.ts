/**
 * What a person wrote, in pieces: what they typed, what they quoted, and what refers to something. A platform's edge
 * makes the pieces of its own marks; `RequestText` reads flags in what was typed. Pure.
 */
import * as Data from "effect/Data"

export type Piece = Data.TaggedEnum<{
  /** Typed by the person. Quotations and code may still be marked in it, as in markdown. */
  Typed: { readonly text: string }
  /** Code or a quotation by the platform's own marks: nothing in it is a flag. */
  Quoted: { readonly text: string }
  /** A link, or the name of a person or a channel: no flag begins in it. As the value of a flag it means `value`. */
  Reference: { readonly text: string; readonly value: string }
}>
export const Piece = Data.taggedEnum<Piece>()

export type Written = ReadonlyArray<Piece>

/** A text without any marks of a platform. */
export const typed = (text: string): Written => [Piece.Typed({ text })]

export const plain = (written: Written): string => written.map(({ text }) => text).join("")

export const isBlank = (written: Written): boolean => plain(written).trim() === ""

/** What is left after the first so many UTF-16 units. */
export const dropStart = (written: Written, length: number): Written => {
  let rest = length
  return written.flatMap((piece) => {
    const cut = Math.min(rest, piece.text.length)
    rest -= cut
    if (cut === 0) return [piece]
    if (cut === piece.text.length) return []
    // half a link is no link
    return [{ ...(piece._tag === "Reference" ? Piece.Typed(piece) : piece), text: piece.text.slice(cut) }]
  })
}

/** Without white space around it. */
export const trimStart = (written: Written): Written => {
  const text = plain(written)
  return dropStart(written, text.length - text.trimStart().length)
}

/** The longest run of backticks in a text. */
const longestRun = (text: string): number =>
  [...text.matchAll(/`+/g)].reduce((longest, [run]) => Math.max(longest, run.length), 0)

/** A block of code that the text cannot end. */
export const fence = (text: string, language = ""): string => {
  const marks = "`".repeat(Math.max(3, longestRun(text) + 1))
  return `${marks}${language}\n${text}${text.endsWith("\n") ? "" : "\n"}${marks}`
}

/** Code within a line, which the text cannot end; a block where it has more lines. */
export const code = (text: string): string => {
  if (text.includes("\n")) return fence(text)
  const marks = "`".repeat(longestRun(text) + 1)
  const space = text.startsWith("`") || text.endsWith("`") ? " " : ""
  return `${marks}${space}${text}${space}${marks}`
}

/** A quotation: every line of it is marked. */
export const quotation = (text: string): string => text.split("\n").map((line) => `> ${line}`).join("\n")
