/**
 * Characters that show nothing, or that make the text around them look like another one: controls, direction marks,
 * fillers, tags. Joiners stay: scripts and emoji need them.
 */
const invisible =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e01ef}]/gu

/** The text without them. Line ends of every kind are LF; halves of a code point become U+FFFD. */
export const strip = (text: string): string =>
  text
    .replace(/\r\n?|[\u2028\u2029]/g, "\n")
    .replace(/\p{Surrogate}/gu, "\ufffd")
    .replace(invisible, "")

const escape = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`

/** On one line with them in view, as a file's name must be shown: `evil\u{202e}gpj.js`. At most `limit` characters. */
export const reveal = (text: string, limit = 200): string => {
  const shown = text.slice(0, limit + 1).replace(/[\t\n\u2028\u2029\p{Surrogate}]/gu, escape).replace(invisible, escape)
  return shown.length <= limit ? shown : `${shown.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, "")}…`
}
