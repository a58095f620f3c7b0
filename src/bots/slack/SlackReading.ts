/**
 * Reads a Slack message into pieces: links by their address, people and channels by name, entities unescaped. Pure, in
 * linear time. Slack sends a message as text and, if it was typed in the editor, as blocks; the blocks mark code and
 * quotations exactly (`SlackRichText.ts`).
 *
 * @example
 * plain(read("<@UBOT> fix <https://x.test/1|the bug> &amp; ask <@U1>", { self: "UBOT", names: new Map([["U1", "ada"]]) }))
 * // "fix the bug (https://x.test/1) & ask @ada"
 */
import { Piece, plain, type Written } from "../shared/WrittenText.ts"

export interface Names {
  /** The bot's user id. */
  readonly self: string
  /** The names of people, groups and channels, by id. */
  readonly names: ReadonlyMap<string, string>
}

/** A mention of the bot, which is not part of the message to it. */
export const self = Symbol("the bot itself")
export type Part = Piece | typeof self

const reference = /<([^<>\n]+)>/g
const named = /^(?:@|#|!subteam\^)([A-Z0-9]+)(?:\|(.*))?$/

/** The ids of the people and channels in a text, with the label that the text gives them, which is usually empty. */
export const namesIn = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(reference)].flatMap(([, inner = ""]) => {
    const [, id, label = ""] = named.exec(inner) ?? []
    return id === undefined ? [] : [[id, unescape(label).replace(/^@/, "")] as const]
  }))

const entities: Readonly<Record<string, string>> = { "&amp;": "&", "&lt;": "<", "&gt;": ">" }
const unescape = (text: string): string => text.replace(/&(?:amp|lt|gt);/g, (entity) => entities[entity] ?? entity)

/** Whether a link's text only repeats the link. */
const repeats = (label: string, url: string): boolean => {
  const bare = (text: string) => text.replace(/^(?:https?:\/\/|mailto:|tel:)/i, "").replace(/\/$/, "").toLowerCase()
  return bare(label) === bare(url)
}

const name = (text: string): Piece => Piece.Reference({ text, value: text })

export const link = (url: string, label: string): Piece => {
  const value = url.replace(/^(?:mailto|tel):/, "")
  return Piece.Reference({ text: label === "" || repeats(label, url) ? value : `${label} (${value})`, value })
}

const nameOf = (id: string, { names }: Names): string => names.get(id) || id

export const person = (id: string, names: Names): Part => id === names.self ? self : name(`@${nameOf(id, names)}`)
export const room = (id: string, names: Names): Piece => name(`#${nameOf(id, names)}`)
export const group = (id: string, names: Names): Piece => name(`@${nameOf(id, names)}`)
export const everyone = (range: string): Piece => name(`@${range}`)
export const shown = (text: string): Piece => name(text)

const referred = (inner: string, names: Names): Part => {
  const [head = "", ...rest] = inner.split("|")
  const label = unescape(rest.join("|"))
  if (/^@[A-Z0-9]+$/.test(head)) return person(head.slice(1), names)
  if (head.startsWith("#")) return room(head.slice(1), names)
  if (head.startsWith("!subteam^")) return group(head.slice(9), names)
  if (head.startsWith("!date^")) return shown(label)
  if (head.startsWith("!")) return everyone(unescape(head.slice(1)))
  return link(unescape(head), label)
}

const partsOf = (text: string, names: Names): ReadonlyArray<Part> => {
  const parts: Array<Part> = []
  let from = 0
  for (const match of text.matchAll(reference)) {
    parts.push(Piece.Typed({ text: unescape(text.slice(from, match.index)) }), referred(match[1] ?? "", names))
    from = match.index + match[0].length
  }
  return [...parts, Piece.Typed({ text: unescape(text.slice(from)) })]
}

const last = (text: string): string => text.charAt(text.length - 1)

/** Removes mentions of the bot, together with the adjacent space and, at the beginning, the colon or comma. */
export const withoutSelf = (parts: ReadonlyArray<Part>): Written => {
  const kept: Array<Piece> = []
  let isAfterSelf = false
  for (const part of parts) {
    if (part === self) {
      isAfterSelf = true
      continue
    }
    if (part.text === "") continue
    const before = kept.at(-1)
    const text = before === undefined
      ? part.text.replace(isAfterSelf ? /^[:,]?\s*/ : /^\s*/, "")
      : isAfterSelf && /\s/.test(last(before.text))
      ? part.text.replace(/^[^\S\n]+/, "")
      : part.text
    if (text === "") continue
    if (isAfterSelf && before?._tag === "Typed" && /[^\S\n]/.test(last(before.text)) && /^[.,:;!?)\n]/.test(text)) {
      kept[kept.length - 1] = Piece.Typed({ text: before.text.slice(0, -1) })
    }
    kept.push(part._tag === "Reference" ? part : { ...part, text })
    isAfterSelf = false
  }
  return kept
}

/** The text of a quotation. */
export const quotedText = (parts: ReadonlyArray<Part>): string =>
  plain(parts.flatMap((part) => part === self ? [] : [part]))

export const read = (text: string, names: Names): Written => withoutSelf(partsOf(text, names))
