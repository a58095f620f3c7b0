/** A field's key, read in parts, and only as far as it may be one that is looked for. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** The longest key in bytes, escapes included. No key that is looked for is longer. */
const longest = 256

const unquote = Schema.decodeOption(Schema.parseJson(Schema.String))
const decoder = new TextDecoder()

export class JsonKey {
  readonly #bytes = new Uint8Array(longest + 1)
  #length = 0
  /** Whether each byte is a character. */
  #isPlain = true

  start() {
    this.#length = 0
    this.#isPlain = true
  }

  /** Reads byte by byte: keys are short, and a view of the bytes costs more than copying. */
  read(bytes: Uint8Array, from: number, to: number, isPlain: boolean) {
    for (let at = from; at < to && this.#length <= longest; at++) this.#bytes[this.#length++] = bytes[at] ?? 0
    this.#isPlain = this.#isPlain && isPlain
  }

  /**
   * The key in lower case; empty if it has none of these lengths. Compared in both cases, because parsers that fold
   * case also fold letters like the long s.
   */
  name(lengths: ReadonlySet<number>): string {
    return this.#length > longest || (this.#isPlain && !lengths.has(this.#length)) ? "" : this.text
  }

  /** The key in lower case, whatever its length; only the beginning of a very long one. */
  get text(): string {
    const raw = decoder.decode(this.#bytes.subarray(0, this.#length))
    const name = raw.includes("\\") ? Option.getOrElse(unquote(`"${raw}"`), () => raw) : raw
    return name.toUpperCase().toLowerCase()
  }
}
