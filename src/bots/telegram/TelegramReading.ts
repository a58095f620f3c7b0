/**
 * Reads a Telegram message into pieces: code in backticks, quotations with `>`, links with their address. Pure, in
 * linear time except for sorting the entities. Offsets are in UTF-16 code units, as in JavaScript strings.
 */
import * as Schema from "effect/Schema"
import * as WrittenText from "../shared/WrittenText.ts"
import { Piece, plain, type Written } from "../shared/WrittenText.ts"

export const Entity = Schema.Struct({
  type: Schema.String,
  offset: Schema.NonNegativeInt,
  length: Schema.NonNegativeInt,
  url: Schema.optional(Schema.String),
  language: Schema.optional(Schema.String)
})
export type Entity = typeof Entity.Type

const sameAddress = (one: string, other: string): boolean => {
  const bare = (url: string) => url.replace(/^https?:\/\//, "").replace(/\/$/, "")
  return bare(one) === bare(other)
}

const quotes = new Set(["blockquote", "expandable_blockquote"])
/** Entities that form a block of separate lines. */
const blocks = new Set(["pre", ...quotes])
const changing = new Set([...blocks, "code", "text_link", "text_mention"])

/** The piece for an entity's text; `inner` renders the entities inside it. */
const pieceOf = (text: string, { language = "", type, url = "" }: Entity, inner: () => string): Piece => {
  switch (type) {
    case "code":
      return Piece.Quoted({ text: WrittenText.code(text) })
    case "pre":
      return Piece.Quoted({ text: WrittenText.fence(text, language) })
    case "text_link":
      return Piece.Reference({
        text: url === "" || sameAddress(text, url) ? text : `${text} (${url})`,
        value: url || text
      })
    case "text_mention":
      return Piece.Reference({ text: `@${text}`, value: `@${text}` })
    default:
      return Piece.Quoted({ text: WrittenText.quotation(inner().replace(/\n$/, "")) })
  }
}

const mentionOf = (botName: string): string => `(?<!\\w)@${botName}(?!\\w)`

/** Whether the text names the bot. */
export const mentions = (text: string, botName: string): boolean =>
  botName !== "" && new RegExp(mentionOf(botName), "i").test(text)

/**
 * Removes the bot's name, by which it is addressed in a group, with one adjacent space or, at the beginning, a comma.
 */
const withoutMention = (text: string, botName: string, isBeginning: boolean): string => {
  if (botName === "") return text
  const name = mentionOf(botName)
  return (isBeginning ? text.replace(new RegExp(`^\\s*${name}[:,]?\\s*`, "i"), "") : text)
    .replace(new RegExp(`[ \\t]?${name}(?=[.,:;!?)\\n])|${name}[ \\t]*`, "gi"), "")
}

/** The pieces of a text between `from` and `to`, by its sorted entities. Of nested entities the outer one counts. */
const piecesOf = (
  text: string,
  entities: ReadonlyArray<Entity>,
  { from: start, to }: { readonly from: number; readonly to: number },
  botName: string
): Written => {
  const pieces: Array<Piece> = []
  let from = start
  const push = (piece: Piece) => {
    if (piece.text !== "") pieces.push(piece)
  }
  const pushTyped = (end: number) =>
    push(Piece.Typed({ text: withoutMention(text.slice(from, end), botName, from === 0) }))
  for (const [index, entity] of entities.entries()) {
    const end = Math.min(to, entity.offset + entity.length)
    if (entity.offset < from || end <= entity.offset) continue
    pushTyped(entity.offset)
    const isBlock = blocks.has(entity.type)
    if (isBlock && pieces.length > 0 && pieces.at(-1)?.text.endsWith("\n") === false) push(Piece.Typed({ text: "\n" }))
    push(
      pieceOf(
        text.slice(entity.offset, end),
        entity,
        () => plain(piecesOf(text, within(entities, index + 1, end), { from: entity.offset, to: end }, botName))
      )
    )
    from = end
    if (isBlock && from < to && text.charAt(from) !== "\n") push(Piece.Typed({ text: "\n" }))
  }
  pushTyped(to)
  return pieces
}

/** The entities from an index on that begin before an offset, except quotations. */
const within = (entities: ReadonlyArray<Entity>, index: number, end: number): ReadonlyArray<Entity> => {
  let last = index
  while ((entities[last]?.offset ?? end) < end) last++
  return entities.slice(index, last).filter(({ type }) => !quotes.has(type))
}

/** The message as pieces, without the bot's name. */
export const read = (text: string, entities: ReadonlyArray<Entity>, botName: string): Written =>
  piecesOf(
    text,
    entities
      .filter((entity) => changing.has(entity.type))
      .toSorted((a, b) => a.offset - b.offset || b.length - a.length),
    { from: 0, to: text.length },
    botName
  )
