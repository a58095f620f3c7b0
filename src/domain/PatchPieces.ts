/** Splits a section of a patch at its hunks, and a long hunk between its lines: each piece is a patch of its own. Pure. */
import type { PatchSection } from "./Patch.ts"

/** Consecutive lines of one version. */
export interface Lines {
  readonly start: number
  readonly count: number
}

/** A hunk as it stands in the patch. */
export interface RawHunk {
  readonly old: Lines
  readonly now: Lines
  /** Its first line. */
  readonly head: string
  /** The other lines, with mark and LF; a remark on a missing LF belongs to its line. */
  readonly lines: ReadonlyArray<string>
}

export interface Piece {
  readonly text: string
  /** Whether no line in it was cut. */
  readonly isWhole: boolean
}

const header = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/

const linesOf = (start: string | undefined, count: string | undefined): Lines => ({
  start: Number(start),
  count: Number(count ?? 1)
})

const isOld = (line: string): boolean => line.startsWith("-") || line.startsWith(" ")
const isNow = (line: string): boolean => line.startsWith("+") || line.startsWith(" ")

/** The hunks of a section; joined they are its content. None for a binary file. */
export const rawHunks = (section: PatchSection): ReadonlyArray<RawHunk> => {
  if (section.isBinary) return []
  const found: Array<RawHunk & { readonly lines: Array<string> }> = []
  let old = 0
  let now = 0
  for (const line of section.text.slice(section.header.length).match(/[^\n]*\n|[^\n]+/g) ?? []) {
    const opened = old > 0 || now > 0 ? null : header.exec(line)
    const lines = found.at(-1)?.lines ?? []
    if (opened !== null) {
      const hunk = { old: linesOf(opened[1], opened[2]), now: linesOf(opened[3], opened[4]), head: line, lines: [] }
      old = hunk.old.count
      now = hunk.now.count
      found.push(hunk)
    } else if (line.startsWith("\\") && lines.length > 0) {
      lines.push(`${lines.pop() ?? ""}${line}`)
    } else {
      if (isOld(line)) old--
      if (isNow(line)) now--
      lines.push(line)
    }
  }
  return found
}

const textOf = ({ head, lines }: RawHunk): string => `${head}${lines.join("")}`

/** Git counts from the line before where there is none. */
const range = (start: number, count: number): string => `${count === 0 ? start - 1 : start},${count}`

const maxHead = 60

/** A line in its beginning and its end, on one line. */
const shortened = (line: string, limit: number): string => {
  const half = Math.max(20, Math.floor((limit - maxHead) / 2))
  const head = line.slice(0, half).replace(/[\uD800-\uDBFF]$/, "")
  const tail = line.slice(-half).replace(/^[\uDC00-\uDFFF]/, "")
  return `${head} [… ${line.length - head.length - tail.length} characters left out …] ${tail}`
}

/** A hunk as hunks of at most this length. A line that is longer is cut. */
const split = ({ lines, now, old }: RawHunk, limit: number): ReadonlyArray<Piece> => {
  const room = limit - maxHead
  const found: Array<Piece> = []
  let oldLine = old.count === 0 ? old.start + 1 : old.start
  let nowLine = now.count === 0 ? now.start + 1 : now.start
  let pending: Array<string> = []
  let length = 0
  let isWhole = true
  const close = () => {
    const oldCount = pending.filter(isOld).length
    const nowCount = pending.filter(isNow).length
    const head = `@@ -${range(oldLine, oldCount)} +${range(nowLine, nowCount)} @@\n`
    found.push({ text: `${head}${pending.join("")}`, isWhole })
    oldLine += oldCount
    nowLine += nowCount
    pending = []
    length = 0
    isWhole = true
  }
  for (const line of lines) {
    const shown = line.length > room ? shortened(line, room) : line
    if (pending.length > 0 && length + shown.length > room) close()
    if (shown !== line) isWhole = false
    pending.push(shown)
    length += shown.length
  }
  if (pending.length > 0) close()
  return found
}

/** Below this there is no room for a hunk. */
const leastRoom = 200

/**
 * The section in pieces of about `limit` characters at most, each with the section's header. Every line is in one of
 * them; only a line that is longer than a piece is cut.
 */
export const pieces = (section: PatchSection, limit: number): ReadonlyArray<Piece> => {
  const { header, isBinary, text } = section
  if (isBinary) return [{ text: `${header}[binary, not shown]\n`, isWhole: true }]
  if (text.length <= limit) return [{ text, isWhole: true }]
  const room = Math.max(leastRoom, limit - header.length)
  const found: Array<Piece> = []
  let pending: Array<Piece> = []
  let length = 0
  const close = () =>
    found.push({
      text: `${header}${pending.map((piece) => piece.text).join("")}`,
      isWhole: pending.every((piece) => piece.isWhole)
    })
  for (const hunk of rawHunks(section)) {
    const whole = textOf(hunk)
    for (const piece of whole.length <= room ? [{ text: whole, isWhole: true }] : split(hunk, room)) {
      if (pending.length > 0 && length + piece.text.length > room) {
        close()
        pending = []
        length = 0
      }
      pending.push(piece)
      length += piece.text.length
    }
  }
  if (pending.length > 0 || found.length === 0) close()
  return found
}
