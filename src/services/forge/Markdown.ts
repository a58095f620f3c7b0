/**
 * Foreign text inside our markdown. It is displayed as it is and has no effect: it ends no section, mentions nobody,
 * closes no issue, links and loads nothing, and hides nothing.
 */
import * as Invisible from "../../domain/Invisible.ts"
import { excerpt } from "../support/Excerpt.ts"

/**
 * Invisible, and breaks up a sign so that it has no meaning. Used inside code, too, where an escape would be visible.
 */
const zeroWidth = "\u200b"

/**
 * Signs that have an effect on a GitHub page, each up to the point where it is broken up. (Markdown would remove a
 * backslash before the page looks for names and numbers.) Each is linear: no unbounded repetition.
 */
const signs: ReadonlyArray<RegExp> = [
  // people and teams; e-mail addresses
  /@(?=[\w-])/g,
  // issues and pull requests, which a preceding word would close: `#1`, `owner/name#1`, `GH-1`
  /#(?=\d)/g,
  /GH(?=\\?-\d)/gi,
  // URLs of issues do the same, and a bare URL becomes a link, or a video
  /:(?=\\?\/\\?\/)/g,
  /www(?=\\?\.)/gi,
  // tags, comments, links in angle brackets; anything that becomes such a sign only after decoding
  /<(?=[A-Za-z/!?])/g,
  /&(?=#?\w{1,31};)/g,
  // links and images with a hidden address; their definitions, which are invisible; footnotes; coloured notes
  /\](?=[([:])/g,
  /\[(?=[!^])/g,
  // words in a commit message that switch off a pipeline, if a merge turns this text into one
  /\[(?=(?:skip|no|ci|actions)[ -])/gi,
  /\*(?=\*\*NO_CI)/gi
]

/** Formulas can hide text with their commands. */
const command = /\\(?=[A-Za-z])/g

/**
 * A line that opens a code block. The text after the fence is not shown, and some values turn the block into a picture.
 */
const fenceLine = /^([ \t>*+\-\d.)]*(?:`{3,}(?=[^`\n]*$)|~{3,}))([^\n]*)$/gm
const plainLanguage = /^(?!(?:mermaid|geojson|topojson|stl|math|suggestion)$)[\w+#.-]{0,20}$/i

const showLanguage = (line: string, fence: string, words: string): string =>
  plainLanguage.test(words.trim()) ? line : `${fence}\n(${words.trim()})`

/** Disables everything that has an effect; code stays readable. Removes invisible characters. */
export const neutralise = (text: string): string => {
  const visible = Invisible.strip(text).replace(fenceLine, showLanguage)
  const broken = signs.reduce((words, sign) => words.replace(sign, (found) => `${found}${zeroWidth}`), visible)
  return broken.includes("$") ? broken.replace(command, `\\${zeroWidth}`) : broken
}

/**
 * Disables and cuts a text to about `limit` characters. The input is cut before any processing, and the output again. A
 * cut can form a new sign from two halves, so signs are looked for once more.
 */
const bounded = (text: string, limit: number): string =>
  neutralise(excerpt(neutralise(excerpt(text, limit).trim()), limit))

/** The text on one line, for a list or a sentence, with markdown escaped; at most about twice `limit` characters. */
export const inline = (text: string, limit = 300): string =>
  bounded(text, limit).replace(/\s+/g, " ").replace(/([\\`*_~[\]|$])/g, "\\$1").trim()

/** Inline code, with invisible characters escaped. Nothing in it has an effect. */
export const code = (text: string): string => {
  const shown = Invisible.reveal(text, 120)
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map((run) => run.length))
  const fence = "`".repeat(longest + 1)
  return longest === 0 && shown.trim() === shown && shown !== "" ? `\`${shown}\`` : `${fence} ${shown} ${fence}`
}

/**
 * A block quote: anything left open in it (a fence, a list) ends with it. At most about twice `limit` characters,
 * because of the mark on each line.
 */
export const quote = (text: string, limit = Infinity): string =>
  bounded(text, limit).split("\n").map((line) => `> ${line}`.trimEnd()).join("\n")

/** A collapsed section. */
export const details = (summary: string, body: string): string =>
  `<details>\n<summary>${summary}</summary>\n\n${body}\n\n</details>`
