/** The raw values that a scanner keeps of a JSON text, which comes in parts. It has a state, as the scanner has. */

/** Of one kept value, in bytes. */
const largest = 64 * 1024
/** How many different values are kept under one name. */
const most = 64

/** A value that has begun. */
interface Open {
  readonly name: string
  /** Where it began in the whole text, and at what depth it ends. */
  readonly start: number
  readonly depth: number
  readonly parts: Array<Uint8Array>
  size: number
}

const decoder = new TextDecoder()

export class JsonKept {
  /** The different values, by name. */
  readonly values = new Map<string, Set<string>>()
  /** Where the last of each began and ended. */
  readonly spans = new Map<string, { readonly start: number; readonly end: number }>()
  /** Whether there was one that is larger, or were more, than anybody means. */
  isTooLarge = false
  #open: Open | undefined = undefined
  /** Where in the present part that begins which is to be kept. */
  #from = 0

  /** A value begins here, which is kept unless it is within one that is. `before` is the size of the earlier parts. */
  begin(name: string, at: number, before: number, depth: number) {
    if (this.#open !== undefined) return
    this.#open = { name, start: before + at, depth, parts: [], size: 0 }
    this.#from = at
  }

  /** A value of this depth ended before this place. */
  end(part: Uint8Array, at: number, before: number, depth: number) {
    const open = this.#open
    if (open?.depth !== depth) return
    this.#keep(open, part.subarray(this.#from, at))
    this.#open = undefined
    const values = this.values.get(open.name) ?? new Set()
    this.values.set(open.name, values.add(decoder.decode(Buffer.concat(open.parts))))
    this.spans.set(open.name, { start: open.start, end: before + at })
    if (values.size > most) this.isTooLarge = true
  }

  /** The part is over. */
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
