/**
 * Rich text in Telegram's MarkdownV2. Pure. A text is cut before it is written, so a cut never breaks markup, and every
 * piece is valid by itself.
 *
 * @example
 * write([bold("Done."), text(" 1.5 min")]) // "*Done\\.* 1\\.5 min"
 */
import { codePointEnd, plain, type Rich, type Span } from "../support/RichText.ts"

/** The most UTF-16 code units of a message without its markup; source: core.telegram.org/bots/api#sendmessage */
export const messageLimit = 4096

/** The most bytes of a message with its markup. */
const sourceLimit = 32_768

/** Source: core.telegram.org/bots/api#markdownv2-style; the backslash escapes itself. */
export const escape = (text: string): string => text.replace(/[\\_*[\]()~`>#+\-=|{}.!]/g, "\\$&")
const escapeCode = (text: string): string => text.replace(/[\\`]/g, "\\$&")
const escapeUrl = (url: string): string => url.replace(/[\\)]/g, "\\$&")

const writeMark = ({ mark, text }: Span): string => {
  switch (mark) {
    case "plain":
      return escape(text)
    case "bold":
      return `*${escape(text)}*`
    case "italic":
      return `_${escape(text)}_`
    case "strike":
      return `~${escape(text)}~`
    case "code":
      return `\`${escapeCode(text)}\``
    case "pre":
      return `\`\`\`\n${escapeCode(text)}\`\`\``
  }
}

const writeSpan = (span: Span): string =>
  span.url === undefined ? writeMark(span) : `[${writeMark(span)}](${escapeUrl(span.url)})`

const isPlainly = ({ mark, url }: Span): boolean => mark !== "code" && mark !== "pre" && url === undefined

/**
 * Merges neighbouring spans with the same mark: an end mark directly before a start mark could be read as a different
 * mark.
 */
const merged = (rich: Rich): Rich => {
  const spans: Array<Span> = []
  for (const span of rich) {
    const before = spans.at(-1)
    if (span.text === "") continue
    if (before !== undefined && before.mark === span.mark && isPlainly(before) && isPlainly(span)) {
      spans[spans.length - 1] = { ...before, text: before.text + span.text }
    } else {
      spans.push(span)
    }
  }
  return spans
}

/** Renders the text as MarkdownV2. */
export const write = (rich: Rich): string => merged(rich).map(writeSpan).join("")

/** Whether the text is blank; Telegram rejects a message of only white space. */
export const isBlank = (rich: Rich): boolean => plain(rich).trim() === ""

/** Where to end a piece: after the last line that fits, else at the limit. */
const pieceEnd = (text: string, limit: number): number => {
  const line = text.lastIndexOf("\n", limit - 1) + 1
  return line > 0 ? line : codePointEnd(text, limit)
}

const slice = (rich: Rich, from: number, to: number): Rich => {
  let at = 0
  return rich.flatMap((span) => {
    const begin = Math.max(0, from - at)
    const end = Math.min(span.text.length, to - at)
    at += span.text.length
    return begin < end ? [{ ...span, text: span.text.slice(begin, end) }] : []
  })
}

/** Cuts a text to `limit` code units. */
export const shorten = (rich: Rich, limit: number): Rich => {
  const whole = plain(rich)
  return whole.length <= limit ? rich : slice(rich, 0, codePointEnd(whole, limit))
}

const isWithin = (rich: Rich): boolean => new TextEncoder().encode(write(rich)).length <= sourceLimit

/**
 * Splits a text into pieces of at most `limit` code units (at least 2), at line ends if possible. Joined together, they
 * are the text.
 */
export const split = (rich: Rich, limit = messageLimit): ReadonlyArray<Rich> => {
  const whole = plain(rich)
  const pieces: Array<Rich> = []
  for (let from = 0; from < whole.length;) {
    const rest = whole.slice(from)
    let length = rest.length <= limit ? rest.length : pieceEnd(rest, limit)
    while (length > 2 && !isWithin(slice(rich, from, from + length))) length = pieceEnd(rest, Math.ceil(length / 2))
    pieces.push(slice(rich, from, from + length))
    from += length
  }
  return pieces
}
