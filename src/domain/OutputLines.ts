/**
 * Bytes of a sandbox's output to lines: a line ends at LF (a CR before it goes); more than 64 KiB is split over several
 * pieces, all but the last `partial`; NUL and invalid UTF-8 become U+FFFD. Pure, and the same pieces for any chunking
 * of the bytes: a follower that reads a log again recognises what it has stored by counting.
 */
export interface OutputLine {
  readonly text: string
  readonly partial: boolean
}

/** The most bytes of one piece. */
export const pieceLimit = 64 * 1024

/** What was read of the line that is not ended yet. */
export interface Unfinished {
  readonly bytes: Uint8Array
}

export const start: Unfinished = { bytes: new Uint8Array(0) }

const lineFeed = 10
const carriageReturn = 13
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

const text = (bytes: Uint8Array): string => decoder.decode(bytes).replaceAll("\0", "\uFFFD")

/** Where to cut an overlong line: at the limit, or a little before it so that no code point is cut in two. */
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

/** Takes a chunk of bytes; answers the pieces that are complete by now. */
export const push = (unfinished: Unfinished, chunk: Uint8Array): readonly [Unfinished, ReadonlyArray<OutputLine>] => {
  const pieces: Array<OutputLine> = []
  let bytes = concat(unfinished.bytes, chunk)
  // what stood before this chunk has no line feed in it
  let from = unfinished.bytes.length
  for (;;) {
    const at = bytes.indexOf(lineFeed, from)
    if (at === -1) break
    for (const piece of ended(bytes.subarray(0, at))) pieces.push(piece)
    bytes = bytes.subarray(at + 1)
    from = 0
  }
  // two bytes more than a piece: the last may be the CR of a line's end, and the cut looks one byte ahead
  while (bytes.length > pieceLimit + 2) {
    const at = cut(bytes)
    pieces.push({ text: text(bytes.subarray(0, at)), partial: true })
    bytes = bytes.subarray(at)
  }
  return [{ bytes: bytes.slice() }, pieces]
}

/** The output has ended: what is left is the last line. */
export const finish = (unfinished: Unfinished): ReadonlyArray<OutputLine> =>
  unfinished.bytes.length === 0 ? [] : ended(unfinished.bytes)
