/** The last bytes of an output, as text. Pure. */

export interface Tail {
  readonly chunks: ReadonlyArray<Uint8Array>
  readonly bytes: number
}

export const empty: Tail = { chunks: [], bytes: 0 }

/** Adds a chunk. What is certainly beyond the limit is let go of. */
export const push = ({ bytes, chunks }: Tail, chunk: Uint8Array, limit: number): Tail => {
  const [first] = chunks
  return first !== undefined && bytes - first.length >= limit
    ? push({ chunks: chunks.slice(1), bytes: bytes - first.length }, chunk, limit)
    : { chunks: [...chunks, chunk], bytes: bytes + chunk.length }
}

/** Escape sequences of terminals, which programs print even where there is none. */

const sequences = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g

/** Control characters but for the line feed and the tab. */

const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/** The end of the output, at most so many bytes of it, from the beginning of a line where something was left out. */
export const text = ({ bytes, chunks }: Tail, limit: number): string => {
  const all = Buffer.concat(chunks)
  const kept = new TextDecoder().decode(all.subarray(Math.max(0, bytes - limit)))
  const whole = bytes > limit ? kept.slice(kept.indexOf("\n") + 1) : kept
  // a line that was written over on a terminal is its last state
  return whole.replace(/\r\n/g, "\n").replace(/^.*\r(?=[^\n])/gm, "").replace(sequences, "").replace(controls, "")
}
