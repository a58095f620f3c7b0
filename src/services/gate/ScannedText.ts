/** The texts of a change that are scanned, with the places in them. Pure. */
import type { PatchSection } from "../../domain/Patch.ts"
import { type Hunk, hunks } from "../../domain/PatchLines.ts"
import type { Match } from "./Match.ts"

/** In characters. Matches of one rule are longest for a private key. */
const pieceLength = 128 * 1024
const overlap = 20 * 1024

export interface ScannedText {
  readonly text: string
  /** The line of a match in the new version of the file; none if the session added no part of it. */
  readonly lineOf: (match: Match) => number | undefined
}

/** A text of which everything is new and whose lines are not known: a file's name, or a binary file. */
export const whole = (text: string): ScannedText => ({ text, lineOf: () => 1 })

/** A text of which everything is new. */
export const lines = (text: string): ScannedText => ({
  text,
  lineOf: ({ start }) => text.slice(0, start).split("\n").length
})

/**
 * The new version of a hunk. It is scanned with its context, so that a secret is found of which only a part is new; one
 * that lies in the context alone was there before.
 */
const ofHunk = (hunk: Hunk): ReadonlyArray<ScannedText> => {
  if (!hunk.some(({ kind }) => kind === "added")) return []
  const lines = hunk.filter(({ kind }) => kind !== "removed")
  const ends: Array<number> = []
  for (const { text } of lines) ends.push((ends.at(-1) ?? -1) + 1 + text.length)
  return [{
    text: lines.map(({ text }) => text).join("\n"),
    lineOf: ({ end, start }) => {
      for (let at = indexAt(ends, start); at < lines.length; at++) {
        const line = lines[at]
        if (line === undefined || (at > 0 && (ends[at - 1] ?? 0) + 1 >= end)) return undefined
        if (line.kind === "added") return line.line
      }
      return undefined
    }
  }]
}

/** The index of the line at an offset: the first that ends there or later. */
const indexAt = (ends: ReadonlyArray<number>, offset: number): number => {
  let low = 0
  let high = ends.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ends[middle] ?? 0) < offset) low = middle + 1
    else high = middle
  }
  return low
}

export const ofSection = (section: PatchSection): ReadonlyArray<ScannedText> => hunks(section).flatMap(ofHunk)

/**
 * A long text in pieces, so that the event loop is never held up for long. They overlap by more than a secret's length, and
 * begin with a line where there is one.
 */
export const pieces = ({ lineOf, text }: ScannedText): ReadonlyArray<ScannedText> => {
  if (text.length <= pieceLength) return [{ text, lineOf }]
  const found: Array<ScannedText> = []
  for (let from = 0; from < text.length;) {
    const start = from
    const end = Math.min(text.length, start + pieceLength)
    found.push({
      text: text.slice(start, end),
      lineOf: (match) => lineOf({ ...match, start: match.start + start, end: match.end + start })
    })
    if (end === text.length) break
    const line = text.lastIndexOf("\n", end - overlap)
    from = line > end - 2 * overlap ? line + 1 : end - overlap
  }
  return found
}
