/**
 * Slack's way of writing, to and fro. Pure. Slack puts links, people and channels in angle brackets and escapes the
 * three characters that this takes; everything else (quotes with `>`, code, line breaks) stays as it was written.
 *
 * @example
 * toPlain("<@UBOT> fix <https://x.test/1|the bug> &amp; ask <@U1>", { self: "UBOT", names: new Map([["U1", "ada"]]) })
 * // "fix the bug (https://x.test/1) & ask @ada"
 */
export interface Reading {
  /** The bot's own user. */
  readonly self: string
  /** What people are called, by their id. */
  readonly names: ReadonlyMap<string, string>
}

const reference = /<([^<>\n]+)>/g
const user = /^@([A-Z0-9]+)(?:\|(.*))?$/

/** The people that a text names. */
export const peopleIn = (text: string): ReadonlyArray<string> => [
  ...new Set([...text.matchAll(reference)].flatMap(([, inner]) => user.exec(inner ?? "")?.[1] ?? []))
]

const entities: Readonly<Record<string, string>> = { "&amp;": "&", "&lt;": "<", "&gt;": ">" }
const unescape = (text: string): string => text.replace(/&(?:amp|lt|gt);/g, (entity) => entities[entity] ?? entity)

/** Whether a link's text only repeats the link. */
const repeats = (label: string, url: string): boolean => {
  const bare = (text: string) => text.replace(/^(?:https?:\/\/|mailto:|tel:)/i, "").replace(/\/$/, "").toLowerCase()
  return bare(label) === bare(url)
}

/** A link that is the value of a flag has to be a repository, whatever its text says. */
const isFlagValue = (before: string): boolean => /(?:--|[\u2014\u2013])repo(?:=|[ \t]+)$/.test(before)

const spoken = (inner: string, before: string, { names }: Reading): string => {
  const [head = "", ...rest] = inner.split("|")
  const label = rest.join("|")
  const [, person] = user.exec(inner) ?? []
  if (person !== undefined) return `@${names.get(person) ?? (label === "" ? person : unescape(label))}`
  if (head.startsWith("#")) return `#${label === "" ? head.slice(1) : unescape(label)}`
  if (head.startsWith("!subteam^")) return label === "" ? `@${head.slice(9)}` : unescape(label)
  if (head.startsWith("!date^")) return unescape(label)
  if (head.startsWith("!")) return `@${unescape(head.slice(1))}`
  const url = unescape(head).replace(/^(?:mailto|tel):/, "")
  const shown = unescape(label)
  return shown === "" || repeats(shown, unescape(head)) || isFlagValue(before) ? url : `${shown} (${url})`
}

/** A message as plain text; the bot's own mention goes where the message begins with it. */
export const toPlain = (text: string, reading: Reading): string => {
  const leading = new RegExp(`^\\s*<@${reading.self}(?:\\|[^>]*)?>[:,]?\\s*`)
  const rest = text.replace(leading, "")
  let plain = ""
  let from = 0
  for (const match of rest.matchAll(reference)) {
    plain += unescape(rest.slice(from, match.index))
    plain += spoken(match[1] ?? "", plain, reading)
    from = match.index + match[0].length
  }
  return plain + unescape(rest.slice(from))
}

/** Makes a text safe in mrkdwn: nothing in it can name people, channels or links. */
export const escape = (text: string): string =>
  text.replace(/[&<>]/g, (character) => character === "&" ? "&amp;" : character === "<" ? "&lt;" : "&gt;")

/** Cuts a text to so many UTF-16 units, never inside of a code point. */
export const cut = (text: string, length: number): string => {
  if (text.length <= length) return text
  const end = length - 1
  const code = text.charCodeAt(end - 1)
  return `${text.slice(0, Math.max(0, code >= 0xd800 && code <= 0xdbff ? end - 1 : end))}…`
}

/** Escapes a text and cuts what comes out, never inside of a code point or an entity. */
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

/** One line of it. */
export const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim()

/**
 * Splits a text into parts of at most so many UTF-16 units, at line ends where there are any. The parts joined with
 * `joins` (one fewer than the parts) are the text again.
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

/** What `split` took apart. */
export const join = (parts: ReadonlyArray<string>, joins: ReadonlyArray<string>): string =>
  parts.map((part, index) => index === 0 ? part : `${joins[index - 1] ?? "\n"}${part}`).join("")
