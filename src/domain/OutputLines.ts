/**
 * Splits the bytes of a sandbox's output into lines: a line ends at LF (a CR before it is dropped); more than 64 KiB is
 * split into several pieces, all but the last `partial`; NUL and invalid UTF-8 become U+FFFD. Pure, and independent of
 * how the bytes are chunked, so that a follower that reads a log again can skip by count what it has stored.
 */
export interface OutputLine {
  readonly text: string
  readonly partial: boolean
}

/** The largest piece, in bytes. */
export const pieceLimit = 64 * 1024

/** The part of an unfinished line read so far. */
export interface Unfinished {
  readonly bytes: Uint8Array
}

export const start: Unfinished = { bytes: new Uint8Array(0) }

const lineFeed = 10
const carriageReturn = 13
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

const text = (bytes: Uint8Array): string => decoder.decode(bytes).replaceAll("\0", "\uFFFD")

/** Where to cut an overlong line: at the limit, or just before it so as not to split a code point. */
const cut = (bytes: Uint8Array): number => {
  let at = pieceLimit
  while (at > pieceLimit - 4 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--
  return ((bytes[at] ?? 0) & 0xc0) === 0x80 ? pieceLimit : at
}

const concat = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  if (a.length === 0) return b
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}

const ended = (bytes: Uint8Array): ReadonlyArray<OutputLine> => {
  const line = bytes[bytes.length - 1] === carriageReturn ? bytes.subarray(0, -1) : bytes
  const pieces: Array<OutputLine> = []
  let rest = line
  while (rest.length > pieceLimit) {
    const at = cut(rest)
    pieces.push({ text: text(rest.subarray(0, at)), partial: true })
    rest = rest.subarray(at)
  }
  return [...pieces, { text: text(rest), partial: false }]
}

/** Takes a chunk of bytes; returns the rest and the pieces completed by it. */
export const push = (unfinished: Unfinished, chunk: Uint8Array): readonly [Unfinished, ReadonlyArray<OutputLine>] => {
  const pieces: Array<OutputLine> = []
  let bytes = concat(unfinished.bytes, chunk)
  // the bytes before this chunk contain no line feed
  let from = unfinished.bytes.length
  for (;;) {
    const at = bytes.indexOf(lineFeed, from)
    if (at === -1) break
    for (const piece of ended(bytes.subarray(0, at))) pieces.push(piece)
    bytes = bytes.subarray(at + 1)
    from = 0
  }
  // two bytes more than a piece: the last may be the CR of a line end, and the cut looks one byte ahead
  while (bytes.length > pieceLimit + 2) {
    const at = cut(bytes)
    pieces.push({ text: text(bytes.subarray(0, at)), partial: true })
    bytes = bytes.subarray(at)
  }
  return [{ bytes: bytes.slice() }, pieces]
}

/** Returns the last line after the output has ended. */
export const finish = (unfinished: Unfinished): ReadonlyArray<OutputLine> =>
  unfinished.bytes.length === 0 ? [] : ended(unfinished.bytes)
