/**
 * Extracts values from a JSON text while it passes through, split anywhere, in constant memory: a parser would build
 * objects of many times a hostile text's size. It is as strict as JSON, so that no other reader of the same bytes sees
 * anything different: invalid JSON or a duplicate wanted key is a fault. Keys are compared without case, as some
 * parsers do. Stateful, like a TextDecoder.
 */
import type { Interest, Options } from "./JsonInterest.ts"
import { JsonKept } from "./JsonKept.ts"
import { JsonKey } from "./JsonKey.ts"

/**
 * - `invalid`: the text is not JSON
 * - `deep`: it is nested too deeply
 * - `repeated`: an object has a wanted key twice
 * - `large`: a kept value is too large, or there are too many different ones
 */
export type Fault = "invalid" | "deep" | "repeated" | "large"

export const deepest = 200
const longestLiteral = 400

type Mode = "value" | "firstItem" | "firstKey" | "key" | "colon" | "after" | "string" | "literal" | "done"

/** An open object or array. */
interface Frame {
  readonly isArray: boolean
  readonly interest: Interest | undefined
  readonly isText: boolean
  /** The wanted keys seen so far. */
  readonly seen: Set<string> | undefined
}

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

const literal = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/
const escapes = new Set([..."\"\\/bfnrtu"].map((letter) => letter.charCodeAt(0)))
const hexDigits = new Set([..."0123456789abcdefABCDEF"].map((letter) => letter.charCodeAt(0)))

const nothing = new Uint8Array()

export class JsonScanner {
  /** The number of bytes so far, and of those in strings that count as text. */
  size = 0
  textBytes = 0
  fault: Fault | undefined = undefined
  /** Where the whole value starts. */
  opening = 0
  readonly kept = new JsonKept()
  readonly noted = new Set<string>()

  readonly #options: Options
  readonly #stack: Array<Frame> = []
  #mode: Mode = "value"
  /** The interest in the next value. */
  #interest: Interest | undefined
  #isText: boolean
  #isKey = false
  readonly #key = new JsonKey()
  /** The state of an escape: whether the backslash was read, and how many hex digits follow. */
  #isEscaped = false
  #hexDigits = 0
  #literal = ""

  constructor(options: Options) {
    this.#options = options
    this.#interest = options.interest
    this.#isText = options.interest.text ?? false
  }

  /** Reads the next bytes. After a fault, nothing more is read. */
  feed(bytes: Uint8Array): this {
    for (let at = 0; at < bytes.length && this.fault === undefined;) at = this.#step(bytes, at)
    this.kept.endPart(bytes)
    if (this.kept.isTooLarge) this.fault ??= "large"
    this.size += bytes.length
    return this
  }

  /** Ends the text: anything still open is a fault. */
  end(): this {
    if (this.fault === undefined && this.#mode === "literal" && this.#stack.length === 0) this.#endLiteral(0, nothing)
    if (this.fault === undefined && this.#mode !== "done") this.fault = "invalid"
    return this
  }

  #step(bytes: Uint8Array, at: number): number {
    const byte = bytes[at] ?? 0
    if (this.#mode === "string") return this.#inString(bytes, at)
    if (this.#mode === "literal") return this.#inLiteral(bytes, at)
    if (isSpace(byte)) return at + 1
    switch (this.#mode) {
      case "firstItem":
      case "value":
        return this.#mode === "firstItem" && byte === 0x5d
          ? this.#close(bytes, at, true)
          : this.#begin(at, byte)
      case "firstKey":
      case "key":
        if (byte === 0x22) {
          this.#mode = "string"
          this.#isKey = true
          this.#key.start()
        } else if (byte === 0x7d && this.#mode === "firstKey") {
          return this.#close(bytes, at, false)
        } else {
          this.fault = "invalid"
        }
        return at + 1
      case "colon":
        if (byte === 0x3a) this.#mode = "value"
        else this.fault = "invalid"
        return at + 1
      case "after":
        if (byte === 0x5d || byte === 0x7d) return this.#close(bytes, at, byte === 0x5d)
        if (byte === 0x2c) this.#next()
        else this.fault = "invalid"
        return at + 1
      case "done":
        this.fault = "invalid"
        return at + 1
    }
  }

  /** After a comma. */
  #next() {
    const frame = this.#stack[this.#stack.length - 1]
    if (frame === undefined) return
    this.#mode = frame.isArray ? "value" : "key"
    if (frame.isArray) this.#expectItem(frame)
  }

  #expectItem({ interest, isText }: Frame) {
    this.#interest = interest?.items
    this.#isText = this.#interest?.text ?? isText
  }

  #begin(at: number, byte: number): number {
    if (this.#stack.length === 0) this.opening = this.size + at
    if (this.#interest?.keep !== undefined) {
      this.kept.begin(this.#interest.keep, this.#interest.isLast ?? false, at, this.size, this.#stack.length)
    }
    if (byte === 0x7b || byte === 0x5b) {
      const isArray = byte === 0x5b
      const seen = this.#interest?.fields === undefined ? undefined : new Set<string>()
      const frame = { isArray, interest: this.#interest, isText: this.#isText, seen }
      if (this.#stack.push(frame) > deepest) this.fault = "deep"
      this.#mode = isArray ? "firstItem" : "firstKey"
      if (isArray) this.#expectItem(frame)
      return at + 1
    }
    this.#isKey = false
    this.#mode = byte === 0x22 ? "string" : "literal"
    this.#literal = ""
    return byte === 0x22 ? at + 1 : at
  }

  #close(bytes: Uint8Array, at: number, isArray: boolean): number {
    if (this.#stack.pop()?.isArray === isArray) this.#endValue(at + 1, bytes)
    else this.fault = "invalid"
    return at + 1
  }

  #inString(bytes: Uint8Array, from: number): number {
    let at = from
    let escaped = this.#isEscaped
    let digits = this.#hexDigits
    let isRight = true
    let isPlain = true
    for (; at < bytes.length && isRight; at++) {
      const byte = bytes[at] ?? 0
      if (escaped) {
        isRight = escapes.has(byte)
        digits = byte === 0x75 ? 4 : 0
        escaped = false
      } else if (digits > 0) {
        isRight = hexDigits.has(byte)
        digits--
      } else if (byte === 0x22) {
        break
      } else {
        escaped = byte === 0x5c
        isRight = byte >= 0x20
        isPlain = isPlain && !escaped && byte < 0x80
      }
    }
    this.#isEscaped = escaped
    this.#hexDigits = digits
    if (!isRight) this.fault = "invalid"
    if (this.#isKey) this.#key.read(bytes, from, at, isPlain)
    else if (this.#isText) this.textBytes += at - from
    if (at === bytes.length || !isRight) return at
    if (this.#isKey) this.#endKey()
    else this.#endValue(at + 1, bytes)
    return at + 1
  }

  #endKey() {
    this.#mode = "colon"
    const frame = this.#stack[this.#stack.length - 1]
    if (frame === undefined) return
    const fields = frame.interest?.fields
    if (frame.interest?.keys !== undefined) this.kept.add(frame.interest.keys, JSON.stringify(this.#key.text))
    const name = this.#key.name(this.#options.lengths)
    if (this.#options.note.has(name)) this.noted.add(name)
    this.#interest = fields !== undefined && Object.hasOwn(fields, name) ? fields[name] : undefined
    this.#isText = this.#interest?.text ?? frame.isText
    if (this.#interest === undefined) return
    if (frame.seen?.has(name) === true) this.fault = "repeated"
    frame.seen?.add(name)
  }

  #inLiteral(bytes: Uint8Array, from: number): number {
    let at = from
    for (; at < bytes.length && this.#literal.length <= longestLiteral; at++) {
      const byte = bytes[at] ?? 0
      if (byte === 0x2c || byte === 0x5d || byte === 0x7d || isSpace(byte)) {
        this.#endLiteral(at, bytes)
        return at
      }
      this.#literal += String.fromCharCode(byte)
    }
    if (this.#literal.length > longestLiteral) this.fault = "invalid"
    return at
  }

  #endLiteral(end: number, bytes: Uint8Array) {
    if (literal.test(this.#literal)) this.#endValue(end, bytes)
    else this.fault = "invalid"
  }

  /** Ends a value before this position in the current bytes. */
  #endValue(end: number, bytes: Uint8Array) {
    this.#mode = this.#stack.length === 0 ? "done" : "after"
    this.kept.end(bytes, end, this.size, this.#stack.length)
    if (this.kept.isTooLarge) this.fault = "large"
  }
}
