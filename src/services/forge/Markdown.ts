/**
 * Other people's words inside our markdown. They are shown as they are and do nothing: they end no part of the page, call
 * nobody, close no issue, link and load nothing, and hide nothing.
 */
import * as Invisible from "../../domain/Invisible.ts"
import { excerpt } from "../model/PromptText.ts"

/** Shows nothing, and keeps a sign from meaning anything. Inside code, too, where an escape would be seen. */
const zeroWidth = "\u200b"

/**
 * Signs that make a page of GitHub's do something, each up to where it is broken. A backslash in between would be taken
 * off by markdown before the page looks for names and numbers. Each is linear: none has a repetition without a bound.
 */
const signs: ReadonlyArray<RegExp> = [
  // people and teams; addresses
  /@(?=[\w-])/g,
  // issues and pull requests, which a word before them would close: `#1`, `owner/name#1`, `GH-1`
  /#(?=\d)/g,
  /GH(?=\\?-\d)/gi,
  // addresses of issues do the same, and an address alone is a link, or a video
  /:(?=\\?\/\\?\/)/g,
  /www(?=\\?\.)/gi,
  // tags, comments, links in pointed brackets; what would be one of the signs only after it was decoded
  /<(?=[A-Za-z/!?])/g,
  /&(?=#?\w{1,31};)/g,
  // links and images whose address is not seen; their definitions, which are not seen at all; footnotes; notes in colour
  /\](?=[([:])/g,
  /\[(?=[!^])/g,
  // words in a commit message that switch a pipeline off, where a merge makes one of this text
  /\[(?=(?:skip|no|ci|actions)[ -])/gi,
  /\*(?=\*\*NO_CI)/gi
]

/** Formulas can hide their text, by their commands. */
const command = /\\(?=[A-Za-z])/g

/** A line that opens a block of code. What follows the fence is not shown, and some of it makes a picture of the block. */
const fenceLine = /^([ \t>*+\-\d.)]*(?:`{3,}(?=[^`\n]*$)|~{3,}))([^\n]*)$/gm
const plainLanguage = /^(?!(?:mermaid|geojson|topojson|stl|math|suggestion)$)[\w+#.-]{0,20}$/i

const showLanguage = (line: string, fence: string, words: string): string =>
  plainLanguage.test(words.trim()) ? line : `${fence}\n(${words.trim()})`

/** Takes the meaning from everything that would act; code stays readable. Invisible characters go. */
export const neutralise = (text: string): string => {
  const visible = Invisible.strip(text).replace(fenceLine, showLanguage)
  const broken = signs.reduce((words, sign) => words.replace(sign, (found) => `${found}${zeroWidth}`), visible)
  return broken.includes("$") ? broken.replace(command, `\\${zeroWidth}`) : broken
}

/**
 * About `limit` characters of it: what comes in is bounded before anything is done with it, and what goes out, too. A cut
 * can make a sign of two halves, so it is looked for once more.
 */
const bounded = (text: string, limit: number): string =>
  neutralise(excerpt(neutralise(excerpt(text, limit).trim()), limit))

/** On one line, for a list or a sentence; at most about twice `limit` characters, signs of markdown escaped. */
export const inline = (text: string, limit = 300): string =>
  bounded(text, limit).replace(/\s+/g, " ").replace(/([\\`*_~[\]|$])/g, "\\$1").trim()

/** Code on one line, with invisible characters in view. Nothing acts in it. */
export const code = (text: string): string => {
  const shown = Invisible.reveal(text, 120)
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map((run) => run.length))
  const fence = "`".repeat(longest + 1)
  return longest === 0 && shown.trim() === shown && shown !== "" ? `\`${shown}\`` : `${fence} ${shown} ${fence}`
}

/**
 * A block quote: whatever is left open in it (a fence, a list) ends with it. At most about twice `limit` characters,
 * because each line gets its mark.
 */
export const quote = (text: string, limit = Infinity): string =>
  bounded(text, limit).split("\n").map((line) => `> ${line}`.trimEnd()).join("\n")

/** A part that is folded up until it is asked for. */
export const details = (summary: string, body: string): string =>
  `<details>\n<summary>${summary}</summary>\n\n${body}\n\n</details>`
