/** The raw values that a scanner keeps from a JSON text that arrives in parts. Stateful, like the scanner. */

/** The most bytes of one kept value. */
const largest = 64 * 1024
/** The most different values kept under one name. */
const most = 64

/** A value that has started. */
interface Open {
  readonly name: string
  readonly isLast: boolean
  /** Where it started in the whole text, and the depth at which it ends. */
  readonly start: number
  readonly depth: number
  readonly parts: Array<Uint8Array>
  size: number
}

const decoder = new TextDecoder()

export class JsonKept {
  /** The different values, by name. */
  readonly values = new Map<string, Set<string>>()
  /** Where the last value of each name started and ended. */
  readonly spans = new Map<string, { readonly start: number; readonly end: number }>()
  /** Whether a value was too large, or there were too many. */
  isTooLarge = false
  #open: Open | undefined = undefined
  /** Where the value to keep starts in the current part. */
  #from = 0

  /** Starts a value to keep, unless it is inside another one. `before` is the size of the earlier parts. */
  begin(name: string, isLast: boolean, at: number, before: number, depth: number) {
    if (this.#open !== undefined) return
    this.#open = { name, isLast, start: before + at, depth, parts: [], size: 0 }
    this.#from = at
  }

  /** Ends a value of this depth before this position. */
  end(part: Uint8Array, at: number, before: number, depth: number) {
    const open = this.#open
    if (open?.depth !== depth) return
    this.#keep(open, part.subarray(this.#from, at))
    this.#open = undefined
    if (open.isLast) this.values.delete(open.name)
    this.add(open.name, decoder.decode(Buffer.concat(open.parts)))
    this.spans.set(open.name, { start: open.start, end: before + at })
  }

  /** Keeps a value that has arrived elsewhere. */
  add(name: string, value: string) {
    const values = this.values.get(name) ?? new Set()
    this.values.set(name, values.add(value))
    if (values.size > most) this.isTooLarge = true
  }

  /** Ends the current part. */
  endPart(part: Uint8Array) {
    if (this.#open !== undefined) this.#keep(this.#open, part.subarray(this.#from))
    this.#from = 0
  }

  #keep(open: Open, bytes: Uint8Array) {
    open.size += bytes.length
    if (open.size > largest) this.isTooLarge = true
    // a copy: the bytes belong to a larger buffer, which would stay for it
    else open.parts.push(Uint8Array.from(bytes))
  }
}
