/**
 * Limits what a round may print. Every byte counts as one and every line as 64 more, so that millions of empty lines
 * are not free. Where the output is cut depends only on its bytes, not on how they arrive: a server that rereads a
 * run's log stops at the same byte.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** The cost of a line in addition to its bytes, its line feed included. */
export const lineCost = 64

const lineFeed = 10

export interface Piece {
  /** The count up to the end of this piece. */
  readonly count: number
  /** The bytes that are within the limit. */
  readonly bytes: Uint8Array
  /** Whether there were more bytes. */
  readonly isOver: boolean
}

/** Adds the next bytes to `count`; bytes beyond the limit are cut off. */
export const take = (count: number, bytes: Uint8Array, limit: number): Piece => {
  let counted = count
  let at = 0
  while (at < bytes.length) {
    const end = bytes.indexOf(lineFeed, at)
    const text = (end === -1 ? bytes.length : end) - at
    if (counted + text > limit) return { count: limit, bytes: bytes.subarray(0, at + limit - counted), isOver: true }
    counted += text
    at += text
    if (end === -1) break
    if (counted + 1 + lineCost > limit) return { count: counted, bytes: bytes.subarray(0, at), isOver: true }
    counted += 1 + lineCost
    at += 1
  }
  return { count: counted, bytes, isOver: false }
}

/** Cuts an output at its limit. If there is more, `onOver` runs before the last bytes are emitted. */
export const limited = <E, R, E2, R2>(
  output: Stream.Stream<Uint8Array, E, R>,
  limit: number,
  onOver: Effect.Effect<void, E2, R2>
): Stream.Stream<Uint8Array, E | E2, R | R2> =>
  output.pipe(
    Stream.mapAccum(0, (count, bytes) => {
      const piece = take(count, bytes, limit)
      return [piece.count, piece]
    }),
    Stream.takeUntil((piece) => piece.isOver),
    Stream.tap((piece) => piece.isOver ? onOver : Effect.void),
    Stream.map((piece) => piece.bytes),
    Stream.filter((bytes) => bytes.length > 0)
  )
