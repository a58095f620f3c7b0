/**
 * Markers (`###OPENTL_STATUS### …`) are lines of the entrypoint. A program in the sandbox must not be able to print
 * one, so each line of its output that looks like a marker, or like an escaped one, gets one backslash more. The server
 * takes one off again (`src/domain/SandboxMarker.ts`), which restores the line exactly.
 *
 * The machine works on bytes and holds back at most nine of them, the beginning of what may become a marker, whatever
 * the length of the line: the added backslash goes behind the line's own ones, where it is the same as one in front.
 */

const marker = new TextEncoder().encode("###OPENTL_")
const backslash = 0x5c
const lineFeed = 0x0a

/**
 * Where the machine stands in the current line.
 *
 * - `start`: nothing of the line was seen
 * - `prefix`: only backslashes were seen, then `held` bytes of a marker's beginning, not yet passed on
 * - `inside`: the line is decided, the rest of it passes as it is
 */
export interface EscapeState {
  readonly line: "start" | "prefix" | "inside"
  readonly held: number
}

/** The state before the first byte. */
export const initial: EscapeState = { line: "start", held: 0 }

const nonEmpty = (parts: ReadonlyArray<Uint8Array>) => parts.filter((part) => part.length > 0)

const inside: EscapeState = { line: "inside", held: 0 }
const undecided: EscapeState = { line: "prefix", held: 0 }

/**
 * Escapes the next bytes of an output. How the output is cut into chunks makes no difference.
 *
 * @returns the following state, and the bytes to pass on, as views on `chunk` and on constants, in order
 */
export const escape = (
  before: EscapeState,
  chunk: Uint8Array
): { readonly state: EscapeState; readonly output: ReadonlyArray<Uint8Array> } => {
  const output: Array<Uint8Array> = []
  let state = before
  let from = 0
  let at = 0
  while (at < chunk.length) {
    if (state.line === "inside") {
      const end = chunk.indexOf(lineFeed, at)
      if (end === -1) break
      state = initial
      at = end + 1
      continue
    }
    const byte = chunk[at]
    if (byte === backslash && state.held === 0) {
      state = undecided
      at++
    } else if (byte === marker[state.held]) {
      if (state.held === 0) {
        output.push(chunk.subarray(from, at))
      }
      at++
      from = at
      if (state.held + 1 === marker.length) {
        output.push(Uint8Array.of(backslash), marker)
        state = inside
      } else {
        state = { line: "prefix", held: state.held + 1 }
      }
    } else {
      // Not a marker after all. The byte itself is looked at again: it may be the line's end.
      output.push(marker.subarray(0, state.held))
      state = inside
    }
  }
  output.push(chunk.subarray(from))
  return { state, output: nonEmpty(output) }
}

/**
 * What follows the last byte: the bytes held back, and the line feed that the output did not end with.
 */
export const finish = (state: EscapeState): ReadonlyArray<Uint8Array> =>
  state.line === "start" ? [] : nonEmpty([marker.subarray(0, state.held), Uint8Array.of(lineFeed)])
