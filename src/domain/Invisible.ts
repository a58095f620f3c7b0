/**
 * Characters that are invisible or change how the text around them looks: controls, direction marks, fillers, tags.
 * Joiners are not among them: scripts and emoji need them.
 */
const invisible =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e01ef}]/gu

/** Removes invisible characters. Every kind of line end becomes LF, and unpaired surrogates become U+FFFD. */
export const strip = (text: string): string =>
  text
    .replace(/\r\n?|[\u2028\u2029]/g, "\n")
    .replace(/\p{Surrogate}/gu, "\ufffd")
    .replace(invisible, "")

const escape = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`

/** Those that put the text after them in another order, so that it reads as something else. */
const reordering = /[\u202a-\u202e\u2066-\u2069]/g

/** Shows the characters that reorder the text around them as escapes: `evil\u{202e}gpj.js`. */
export const revealOrder = (text: string): string => text.replace(reordering, escape)

/** One line with invisible characters escaped, for file names: `evil\u{202e}gpj.js`. At most `limit` characters. */
export const reveal = (text: string, limit = 200): string => {
  const shown = text.slice(0, limit + 1).replace(/[\t\n\u2028\u2029\p{Surrogate}]/gu, escape).replace(invisible, escape)
  return shown.length <= limit ? shown : `${shown.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, "")}…`
}
