/** Texts for Slack: escaped, cut and split by its limits, never inside a character. Pure. */
import { cut, type Rich, type Span } from "../support/RichText.ts"

/** Escapes a text for mrkdwn: it cannot mention people or channels, or contain links. */
export const escape = (text: string): string =>
  text.replace(/[&<>]/g, (character) => character === "&" ? "&amp;" : character === "<" ? "&lt;" : "&gt;")

/** Escapes a text and cuts the result, never inside a code point or an entity. */
export const escapeTo = (text: string, length: number): string => {
  const whole = escape(cut(text, length))
  if (whole.length <= length) return whole
  let out = ""
  for (const point of text) {
    const next = escape(point)
    if (out.length + next.length > length - 1) break
    out += next
  }
  return `${out}…`
}

/** Whether Slack accepts it as a link. */
export const isLink = (url: string): boolean => url.length <= 2000 && /^https?:\/\//.test(url) && URL.canParse(url)

/** A link in mrkdwn; the text alone if the address is not valid. */
export const link = (url: string, text: string): string =>
  isLink(url) ? `<${url.replace(/[<>|]/g, encodeURIComponent)}|${escapeTo(text, 300)}>` : escapeTo(text, 300)

/** The most characters of a code block; Slack accepts about 4000 in a text. */
const blockLength = 2800

const writeSpan = ({ mark, text, url }: Span): string => {
  const written = url === undefined ? escape(text) : link(url, text)
  switch (mark) {
    case "plain":
      return written
    case "bold":
      return `*${written}*`
    case "italic":
      return `_${written}_`
    case "strike":
      return `~${written}~`
    case "code":
      return `\`${escape(text)}\``
    case "pre":
      return `\`\`\`\n${escapeTo(text.replaceAll("```", "`\u200b`\u200b`"), blockLength)}\n\`\`\``
  }
}

/**
 * Writes rich text as mrkdwn.
 *
 * @example
 * write([bold("Done."), text(" a < b")]) // "*Done.* a &lt; b"
 */
export const write = (rich: Rich): string => rich.map(writeSpan).join("")

/** The text on one line. */
export const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim()

/**
 * Splits a text into parts of at most `length` UTF-16 code units, at line ends if possible. Joining the parts with
 * `joins` (one fewer than the parts) restores the text.
 */
export const split = (
  text: string,
  length: number
): { readonly parts: ReadonlyArray<string>; readonly joins: ReadonlyArray<"" | "\n"> } => {
  const parts: Array<string> = []
  const joins: Array<"" | "\n"> = []
  let rest = text
  while (rest.length > length) {
    const line = rest.lastIndexOf("\n", length)
    if (line > 0) {
      parts.push(rest.slice(0, line))
      joins.push("\n")
      rest = rest.slice(line + 1)
    } else {
      const code = rest.charCodeAt(length - 1)
      const end = code >= 0xd800 && code <= 0xdbff && length > 1 ? length - 1 : length
      parts.push(rest.slice(0, end))
      joins.push("")
      rest = rest.slice(end)
    }
  }
  return { parts: [...parts, rest], joins }
}

/** Reverses `split`. */
export const join = (parts: ReadonlyArray<string>, joins: ReadonlyArray<string>): string =>
  parts.map((part, index) => index === 0 ? part : `${joins[index - 1] ?? "\n"}${part}`).join("")
