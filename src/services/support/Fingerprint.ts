/** Fingerprints that tell whether two requests are equal as JSON values, whatever the order of their keys. */
import * as Data from "effect/Data"
import * as Predicate from "effect/Predicate"
import { createHash } from "node:crypto"

/** Finished text among values that are still to be written. */
class Text extends Data.Class<{ readonly text: string }> {}

const comma = new Text({ text: "," })
const end = new Text({ text: "]" })

/** How many characters are hashed at once. */
const bufferSize = 16 * 1024

/** Pushes a value's parts on the stack, the first on top. Returns the value's opening text, which is written now. */
const open = (value: unknown, stack: Array<unknown>): string => {
  if (Array.isArray(value)) {
    stack.push(end)
    for (let i = value.length - 1; i >= 0; i--) stack.push(value[i], comma)
    return "[\"array\""
  }
  if (Predicate.isRecord(value)) {
    stack.push(end)
    for (const name of Object.keys(value).sort().reverse()) {
      stack.push(end, value[name], new Text({ text: `,[${JSON.stringify(name)},` }))
    }
    return "[\"object\""
  }
  return JSON.stringify(value) ?? "null"
}

/**
 * A value's fingerprint: the hash of its JSON, with objects as sorted lists of entries and arrays marked as such, so
 * that no object looks like an array. Values of any depth are walked without recursion.
 */
export const fingerprint = (value: unknown): string => {
  const hash = createHash("sha256")
  if (value === undefined) return hash.digest("hex")
  const stack = [value]
  let text = ""
  while (stack.length > 0) {
    const next = stack.pop()
    text += next instanceof Text ? next.text : open(next, stack)
    if (text.length > bufferSize) {
      hash.update(text)
      text = ""
    }
  }
  return hash.update(text).digest("hex")
}
