/**
 * JSON for standard output. Characters that a terminal would act on are escaped, so the document is safe to display.
 */
import * as Schema from "effect/Schema"

const unicodeEscape = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`

/** JSON itself escapes the control characters below U+0020; DEL and the C1 controls are escaped here. */
const escapeControls = (json: string): string => json.replace(/[\x7f-\x9f]/g, unicodeEscape)

/** An indented document, ending in a line feed. */
export const jsonDocument = <A, I>(schema: Schema.Schema<A, I>): (value: A) => string => {
  const encode = Schema.encodeSync(Schema.parseJson(schema, { space: 2 }))
  return (value) => escapeControls(encode(value)) + "\n"
}

/** One document on one line, ending in a line feed. */
export const jsonLine = <A, I>(schema: Schema.Schema<A, I>): (value: A) => string => {
  const encode = Schema.encodeSync(Schema.parseJson(schema))
  return (value) => escapeControls(encode(value)) + "\n"
}
