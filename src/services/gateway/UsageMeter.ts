/**
 * Counts the tokens of a model's reply while it passes through: JSON or server-sent events, in four dialects, split
 * into chunks anywhere. Only the usage data is kept, so a reply of any size takes the same memory.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { JsonScanner } from "./JsonScanner.ts"
import { type Dialect, inDocument, inEvents, readers, type Said } from "./UsageDialects.ts"

const merge = (before: Said, now: Said): Said => ({
  model: now.model ?? before.model,
  input: now.input ?? before.input,
  output: now.output ?? before.output
})

const decodeName = Schema.decodeEither(Schema.parseJson(Schema.String))

const saidBy = (dialect: Dialect, scan: JsonScanner): Said => {
  const read = (name: string): Said => [...scan.kept.values.get(name) ?? []].map(readers[dialect]).reduce(merge, {})
  const names = [...scan.kept.values.get("model") ?? []].flatMap((raw) =>
    Either.match(decodeName(raw), { onLeft: () => [], onRight: (name) => [name] })
  )
  // the first output count is only its start
  return merge({ ...read("firstUsage"), output: undefined }, { ...read("usage"), model: names.at(-1) })
}

const lineFeed = 0x0a
const dataField = new TextEncoder().encode("data:")

/** Reads a reply. Stateful, like a TextDecoder. */
export class UsageMeter {
  /** The usage data so far, and the number of bytes of text. */
  said: Said = {}
  textBytes = 0
  /** The last error that the stream told, as raw JSON. */
  error: string | undefined
  readonly #dialect: Dialect
  readonly #isEvents: boolean
  #scan: JsonScanner
  #isEnded = false
  /** How much of `data:` the current line has; undefined for other lines. */
  #field: number | undefined = 0

  constructor(dialect: Dialect, contentType: string | undefined) {
    this.#dialect = dialect
    this.#isEvents = contentType?.toLowerCase().startsWith("text/event-stream") === true
    this.#scan = this.#newScan()
  }

  #newScan(): JsonScanner {
    return new JsonScanner(this.#isEvents ? inEvents[this.#dialect] : inDocument[this.#dialect])
  }

  /** Reads the next bytes. */
  feed(bytes: Uint8Array): this {
    if (!this.#isEvents) {
      this.#scan.feed(bytes)
      this.textBytes = this.#scan.textBytes
      return this
    }
    let at = 0
    for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, at)) {
      this.#inLine(bytes.subarray(at, end))
      this.#endLine()
      at = end + 1
    }
    this.#inLine(bytes.subarray(at))
    return this
  }

  /** Ends the reply, complete or not: reads the last line or the document. May be called again. */
  end(): this {
    if (!this.#isEnded) this.#endLine()
    this.#isEnded = true
    return this
  }

  /** Reads inside a line: the APIs write an event's data as one line. */
  #inLine(bytes: Uint8Array) {
    let at = 0
    while (this.#field !== undefined && this.#field < dataField.length && at < bytes.length) {
      this.#field = bytes[at] === dataField[this.#field] ? this.#field + 1 : undefined
      at++
    }
    if (this.#field === dataField.length) this.#scan.feed(bytes.subarray(at))
  }

  /** Ends a line. If it was cut off, what arrived completely still counts. */
  #endLine() {
    const scan = this.#scan.end()
    this.textBytes = this.#isEvents ? this.textBytes + scan.textBytes : scan.textBytes
    this.said = merge(this.said, saidBy(this.#dialect, scan))
    if (this.#isEvents || this.#dialect === "gemini") {
      this.error = [...scan.kept.values.get("error") ?? []].at(-1) ?? this.error
    }
    this.#scan = this.#newScan()
    this.#field = 0
  }
}
