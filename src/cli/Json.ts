/** JSON for standard output: what a terminal would act on is escaped, so the document may be shown as it is. */
import * as Schema from "effect/Schema"

const unicodeEscape = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`

/** JSON escapes the control characters below U+0020 itself; DEL and the C1 controls are left to us. */
const escapeControls = (json: string): string => json.replace(/[\x7f-\x9f]/g, unicodeEscape)

/** One document over several lines, with a line feed at its end. */
export const jsonDocument = <A, I>(schema: Schema.Schema<A, I>): (value: A) => string => {
  const encode = Schema.encodeSync(Schema.parseJson(schema, { space: 2 }))
  return (value) => escapeControls(encode(value)) + "\n"
}

/** One document a line. */
export const jsonLine = <A, I>(schema: Schema.Schema<A, I>): (value: A) => string => {
  const encode = Schema.encodeSync(Schema.parseJson(schema))
  return (value) => escapeControls(encode(value)) + "\n"
}
