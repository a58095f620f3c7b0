/**
 * The engine's log stream: frames of an 8-byte header (stream number, three zeros, payload length as a big-endian
 * 32-bit number) and a payload, split anywhere by the connection. Stdout and stderr stay in the order of writing.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

const headerLength = 8

/** The decoder's state: the header's bytes so far, then the number of payload bytes still to come. */
export interface FrameState {
  readonly header: Uint8Array
  readonly remaining: number
}

/** The state before the first byte. */
export const initial: FrameState = { header: new Uint8Array(0), remaining: 0 }

const concat = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

/** The payload's length, of which the header's last four bytes tell. */
const payloadLength = (bytes: Uint8Array, header: number): number =>
  (bytes[header + 4] ?? 0) * 2 ** 24 + ((bytes[header + 5] ?? 0) << 16) + ((bytes[header + 6] ?? 0) << 8) +
  (bytes[header + 7] ?? 0)

/**
 * Decodes the next bytes; returns the new state and the payload in them. A frame is often a single line, so nothing is made
 * for one: only a header that two chunks share is put together.
 */
export const decode = (before: FrameState, bytes: Uint8Array): readonly [state: FrameState, payload: Uint8Array] => {
  const payload = new Uint8Array(bytes.length)
  let length = 0
  let { header, remaining } = before
  let at = 0
  while (at < bytes.length) {
    if (remaining > 0) {
      const end = Math.min(at + remaining, bytes.length)
      payload.set(bytes.subarray(at, end), length)
      length += end - at
      remaining -= end - at
      at = end
    } else if (header.length === 0 && at + headerLength <= bytes.length) {
      remaining = payloadLength(bytes, at)
      at += headerLength
    } else {
      const end = Math.min(at + headerLength - header.length, bytes.length)
      header = concat(header, bytes.subarray(at, end))
      at = end
      if (header.length === headerLength) {
        remaining = payloadLength(header, 0)
        header = initial.header
      }
    }
  }
  return [{ header, remaining }, payload.subarray(0, length)]
}

const isNotEmpty = (bytes: Uint8Array) => bytes.length > 0

/** The payloads of a log stream, in chunks as they arrive: a frame is often a single line, which is too small. */
export const payloads = <E, R>(frames: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Uint8Array, E, R> =>
  frames.pipe(Stream.mapAccum(initial, decode), Stream.filter(isNotEmpty))

/**
 * The log no longer begins with its first line: it grew so large that the engine restarted it, and its contents do not
 * continue what was read before.
 */
export class LogLost extends Schema.TaggedError<LogLost>()("LogLost", {}) {}

/**
 * Checks that a log's first line is `head`, and drops it. Only the host knows that line: the container's first process
 * printed it and removed its file before any other program ran.
 */
export const afterHead = <E, R>(
  log: Stream.Stream<Uint8Array, E, R>,
  head: string
): Stream.Stream<Uint8Array, E | LogLost, R> => {
  const line = new TextEncoder().encode(`${head}\n`)
  return log.pipe(
    Stream.mapAccumEffect(0, (at, bytes) => {
      const expected = line.subarray(at, at + bytes.length)
      return expected.every((byte, index) => byte === bytes[index])
        ? Effect.succeed([at + expected.length, bytes.subarray(expected.length)])
        : new LogLost()
    }),
    Stream.filter(isNotEmpty)
  )
}

/** Drops the first `count` bytes of a stream. */
export const drop = <E, R>(stream: Stream.Stream<Uint8Array, E, R>, count: number): Stream.Stream<Uint8Array, E, R> =>
  stream.pipe(
    Stream.mapAccum(count, (left, bytes) => [Math.max(0, left - bytes.length), bytes.subarray(left)]),
    Stream.filter(isNotEmpty)
  )
