/**
 * JSON from outside. A text of a few hundred kilobytes can nest so deeply that recursive code (an error's message,
 * `JSON.stringify`) overflows the stack, so the depth is limited when text is parsed.
 */
import * as Schema from "effect/Schema"

/** The deepest nesting of arrays and objects. No API used here comes near it. */
export const maximumDepth = 200

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = Array.from(
  "\"\\[]{}",
  (character) => character.charCodeAt(0)
)

/**
 * Whether arrays and objects nest deeper than `depth`. Reads the text once; the result is meaningless for invalid JSON.
 */
export const isDeeperThan = (text: string, depth: number): boolean => {
  let level = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (inString) {
      if (code === backslash) at++
      else if (code === quote) inString = false
    } else if (code === quote) inString = true
    else if (code === openBracket || code === openBrace) {
      if (++level > depth) return true
    } else if (code === closeBracket || code === closeBrace) level--
  }
  return false
}

const Shallow = Schema.String.pipe(
  Schema.filter((text) => isDeeperThan(text, maximumDepth) ? `nests deeper than ${maximumDepth} levels` : undefined)
)

/** Use instead of `Schema.parseJson()` for text from outside. */
export const Unknown: Schema.Schema<unknown, string> = Schema.compose(Shallow, Schema.parseJson())

/** Use instead of `Schema.parseJson(schema)` for text from outside. */
export const parse = <A, I, R>(schema: Schema.Schema<A, I, R>): Schema.Schema<A, string, R> =>
  Schema.compose(Shallow, Schema.parseJson(schema))
