/**
 * Other people's words inside our markdown. They are shown as they are, and can neither end the part of the page that
 * they stand in, nor call anybody.
 */

import { excerpt } from "../model/PromptText.ts"

/** Shows nothing, and keeps a sign from meaning anything. */
const zeroWidth = "\u200b"

/** Takes the meaning from `@name` and from HTML tags and comments; code stays readable. Control characters go. */
export const neutralise = (text: string): string =>
  text
    .replace(/\r\n?/g, "\n")
    .replace(/[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]/g, "")
    .replace(/@(?=[A-Za-z0-9])/g, `@${zeroWidth}`)
    .replace(/<(?=[A-Za-z/!?])/g, `<${zeroWidth}`)

/** On one line, for a list or a sentence; at most about twice `limit` characters, signs of markdown escaped. */
export const inline = (text: string, limit = 300): string =>
  excerpt(neutralise(text), limit).replace(/\s*\n\s*/g, " ").replace(/([`*_[\]|])/g, "\\$1").trim()

/**
 * A block quote: whatever is left open in it (a fence, a list) ends with it. At most about twice `limit` characters,
 * because each line gets its mark.
 */
export const quote = (text: string, limit = Infinity): string =>
  excerpt(neutralise(text).trim(), limit).split("\n").map((line) => `> ${line}`.trimEnd()).join("\n")

/** A part that is folded up until it is asked for. */
export const details = (summary: string, body: string): string =>
  `<details>\n<summary>${summary}</summary>\n\n${body}\n\n</details>`
