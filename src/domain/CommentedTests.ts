/** Code of tests that a change puts into comments, where it neither runs nor looks removed. Pure. */
import type { Hunk, PatchLine } from "./PatchLines.ts"

const comment = /^\s*(?:\/\/+|#+|--)\s?(.*)$/

/** What a line says without the sign of a comment; undefined if it has none, or no words. */
const commented = ({ text }: PatchLine): string | undefined => {
  const inside = comment.exec(text)?.[1]?.trim()
  return inside !== undefined && /\w/.test(inside) ? inside : undefined
}

/** How many lines were turned into comments, each in its place. */
const turned = (hunk: Hunk, isWanted: (line: string) => boolean): number => {
  const removed = hunk.filter(({ kind, text }) => kind === "removed" && isWanted(text)).map(({ text }) => text.trim())
  return hunk.filter((line) => {
    const inside = line.kind === "added" ? commented(line) : undefined
    const at = inside === undefined ? -1 : removed.indexOf(inside)
    if (at >= 0) removed.splice(at, 1)
    return at >= 0
  }).length
}

const opens = /^\s*\/\*(?!.*\*\/)|^=begin\b/
const closes = /\*\/|^=end\b/
/** It opens what the next one closes: a text that is no code, as a comment. */
const quotes = /^\s*[rRfFbBuU]{0,2}(?:"""|''')\s*$/

/** How many lines that stay come to stand in a comment of several lines. */
const enclosed = (hunk: Hunk): number => {
  let isInside = false
  let count = 0
  for (const { kind, text } of hunk) {
    if (kind === "removed") continue
    if (kind === "context") {
      if (isInside && closes.test(text)) isInside = false
      if (isInside && /\w/.test(text)) count++
    } else if (quotes.test(text)) isInside = !isInside
    else if (opens.test(text)) isInside = true
    else if (closes.test(text)) isInside = false
  }
  return count
}

/** How many lines of code are in comments after the change that were not before; of lines that are removed, the wanted. */
export const commentedLines = (hunks: ReadonlyArray<Hunk>, isWanted: (line: string) => boolean): number =>
  hunks.reduce((sum, hunk) => sum + turned(hunk, isWanted) + enclosed(hunk), 0)
