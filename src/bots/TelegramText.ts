/**
 * What a person wrote, from Telegram's entities to plain text: code in backticks, links with their address. Pure.
 * Offsets are UTF-16 code units, as JavaScript's strings have them.
 */
import * as Schema from "effect/Schema"

export const Entity = Schema.Struct({
  type: Schema.String,
  offset: Schema.NonNegativeInt,
  length: Schema.NonNegativeInt,
  url: Schema.optional(Schema.String),
  language: Schema.optional(Schema.String)
})
export type Entity = typeof Entity.Type

const fence = (text: string, language: string): string =>
  `\`\`\`${language}\n${text}${text.endsWith("\n") ? "" : "\n"}\`\`\``

const shown = (text: string, { language = "", type, url }: Entity): string => {
  switch (type) {
    case "code":
      return text.includes("`") || text.includes("\n") ? fence(text, "") : `\`${text}\``
    case "pre":
      return fence(text, language)
    case "text_link":
      return url === undefined || sameAddress(text, url) ? text : `${text} (${url})`
    case "text_mention":
      return `@${text}`
    default:
      return text
  }
}

const sameAddress = (one: string, other: string): boolean => {
  const bare = (url: string) => url.replace(/^https?:\/\//, "").replace(/\/$/, "")
  return bare(one) === bare(other)
}

const changing = new Set(["code", "pre", "text_link", "text_mention"])

/** The text with what its entities say. Of entities within each other the outer one counts. */
export const plainText = (text: string, entities: ReadonlyArray<Entity>): string => {
  const ordered = entities
    .filter((entity) => changing.has(entity.type))
    .toSorted((a, b) => a.offset - b.offset || b.length - a.length)
  let plain = ""
  let from = 0
  for (const entity of ordered) {
    const end = Math.min(text.length, entity.offset + entity.length)
    if (entity.offset < from || end <= entity.offset) continue
    plain += text.slice(from, entity.offset) + shown(text.slice(entity.offset, end), entity)
    from = end
  }
  return plain + text.slice(from)
}

/** Whether the text names the bot. */
export const mentions = (text: string, botName: string): boolean =>
  botName !== "" && new RegExp(`(?<!\\w)@${botName}(?!\\w)`, "i").test(text)

/** The text without the bot's name, which is how it is addressed in a group. */
export const withoutMention = (text: string, botName: string): string =>
  botName === "" ? text : text.replace(new RegExp(`(?<!\\w)@${botName}(?!\\w)[ \\t]*`, "gi"), "").trim()
