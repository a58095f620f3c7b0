/**
 * Markers (`###OPENTL_STATUS### …`) are lines of the entrypoint. A program in the sandbox must not be able to print
 * one, so each line of its output that looks like a marker, or like an escaped one, gets an additional backslash. The
 * server removes one again (`src/domain/SandboxMarker.ts`), which restores the line exactly.
 *
 * The state machine works on bytes and holds back at most nine of them, the beginning of a possible marker, whatever
 * the line's length. The additional backslash goes after the line's own ones, which has the same result as one in
 * front.
 */

const marker = new TextEncoder().encode("###OPENTL_")
const backslash = 0x5c
const lineFeed = 0x0a

/**
 * The machine's state in the current line.
 *
 * - `start`: nothing of the line has been seen
 * - `prefix`: only backslashes have been seen, then `held` bytes of a marker's beginning, not yet passed on
 * - `inside`: the line is decided; the rest of it passes unchanged
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
      // Not a marker after all. Process the byte again: it may be the line's end.
      output.push(marker.subarray(0, state.held))
      state = inside
    }
  }
  output.push(chunk.subarray(from))
  return { state, output: nonEmpty(output) }
}

/** Ends the output: returns the bytes held back, and the line feed if the output did not end with one. */
export const finish = (state: EscapeState): ReadonlyArray<Uint8Array> =>
  state.line === "start" ? [] : nonEmpty([marker.subarray(0, state.held), Uint8Array.of(lineFeed)])
