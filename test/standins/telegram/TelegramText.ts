/** Texts, entities and keyboards as the Bot API checks them. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import {
  arrayAt,
  at,
  fromEntries,
  isJsonObject,
  type JsonObject,
  numberAt,
  parseJson,
  stringAt
} from "../slack/SlackJson.ts"
import { type FormattedText, parseMarkdown, type TelegramEntity } from "./TelegramMarkdown.ts"
import { type Refusal, refuse } from "./TelegramMethod.ts"

const supported = [
  "blockquote",
  "bold",
  "code",
  "custom_emoji",
  "expandable_blockquote",
  "italic",
  "pre",
  "spoiler",
  "strikethrough",
  "text_link",
  "text_mention",
  "underline"
]
/** Types that the service finds by itself; a bot that names them is not listened to. */
const found = ["bot_command", "cashtag", "email", "hashtag", "mention", "phone_number", "url"]

const bytes = (text: string) => new TextEncoder().encode(text).length
const splitsSymbol = (text: string, offset: number) =>
  offset > 0 && offset < text.length && /^[\udc00-\udfff]/.test(text.slice(offset)) &&
  /[\ud800-\udbff]$/.test(text.slice(0, offset))

/** A structured argument: JSON in a form's field, or the value itself in a JSON body. */
export const jsonArgument = (args: JsonObject, name: string): unknown => {
  const value = args[name]
  return Predicate.isString(value) ? Option.getOrUndefined(parseJson(value)) : value
}

const entityOf = (text: string, value: unknown): Either.Either<ReadonlyArray<TelegramEntity>, Refusal> => {
  const offset = numberAt(value, "offset")
  const length = numberAt(value, "length")
  const type = stringAt(value, "type")
  if (!isJsonObject(value)) return refuse("can't parse MessageEntity: expected an Object")
  if (offset === undefined || length === undefined || type === undefined) {
    const missing = offset === undefined ? "offset" : length === undefined ? "length" : "type"
    return refuse(`can't parse MessageEntity: Can't find field "${missing}"`)
  }
  if (found.includes(type)) return Either.right([])
  if (!supported.includes(type)) return refuse("can't parse MessageEntity: Unsupported type specified")
  if (offset < 0) return refuse(`receive an entity with incorrect offset ${offset}`)
  if (length < 0) return refuse(`receive an entity with incorrect length ${length}`)
  if (length === 0) return Either.right([])
  if (offset >= text.length) return refuse(`entity begins after the end of the text at UTF-16 offset ${offset}`)
  const end = offset + length
  if (end > text.length) {
    return refuse(`entity beginning at UTF-16 offset ${offset} ends after the end of the text at UTF-16 offset ${end}`)
  }
  if (splitsSymbol(text, offset)) {
    return refuse(`entity begins in a middle of a UTF-16 symbol at byte offset ${bytes(text.slice(0, offset + 1))}`)
  }
  if (splitsSymbol(text, end)) {
    return refuse(
      `entity beginning at UTF-16 offset ${offset} ends in a middle of a UTF-16 symbol at byte offset ` +
        `${bytes(text.slice(0, end + 1))}`
    )
  }
  const more = fromEntries(["custom_emoji_id", "language", "url"].flatMap((name) => {
    const text = stringAt(value, name)
    return text === undefined ? [] : [[name, text] as const]
  }))
  return Either.right([{ length, offset, type, ...more }])
}

/** Control characters become spaces, carriage returns go, and white space at both ends is cut; entities follow. */
export const cleaned = ({ entities, text }: FormattedText): FormattedText => {
  const plain = [...text].map((each) => /^[\u0000-\u0009\u000b\u000c\u000e-\u001f]$/.test(each) ? " " : each).join("")
  const start = Math.min(plain.search(/[^ \n\r]|$/), ...entities.map((entity) => entity.offset))
  const end = plain.replace(/[ \n\r]+$/, "").length
  const kept = (offset: number) =>
    plain.slice(start, Math.min(Math.max(offset, start), end)).replaceAll("\r", "").length
  return {
    entities: entities
      .map((entity) => ({
        ...entity,
        length: kept(entity.offset + entity.length) - kept(entity.offset),
        offset: kept(entity.offset)
      }))
      .filter((entity) => entity.length > 0),
    text: plain.slice(start, end).replaceAll("\r", "")
  }
}

/** The text of a message or caption, by parse mode or by entities, with at most `max` UTF-16 code units. */
export const textArgument = (
  args: JsonObject,
  names: { readonly text: "text" | "caption"; readonly entities: "entities" | "caption_entities"; readonly max: number }
): Either.Either<FormattedText, Refusal> =>
  Either.gen(function*() {
    const source = stringAt(args, names.text) ?? ""
    const isCaption = names.text === "caption"
    if (source === "") return isCaption ? { entities: [], text: "" } : yield* refuse("message text is empty")
    if (bytes(source) > 32_768) return yield* refuse("text is too long")
    const mode = stringAt(args, "parse_mode")?.toLowerCase() ?? ""
    if (mode !== "" && mode !== "none" && mode !== "markdownv2") {
      return yield* refuse(
        mode === "html" || mode === "markdown" ? `the stand-in does not read ${mode}` : "unsupported parse_mode"
      )
    }
    const given = arrayAt({ entities: jsonArgument(args, names.entities) }, "entities")
    const formatted = mode === "markdownv2"
      ? yield* Either.mapLeft(parseMarkdown(source), ({ reason }) => refusalOf(`can't parse entities: ${reason}`))
      : { entities: (yield* Either.all(given.map((entity) => entityOf(source, entity)))).flat(), text: source }
    const clean = cleaned(formatted)
    if (clean.text === "" && !isCaption) return yield* refuse("text must be non-empty")
    if (clean.text.length > names.max) {
      return yield* refuse(isCaption ? "message caption is too long" : "message is too long")
    }
    return clean
  })

const refusalOf = (description: string): Refusal => Either.getOrThrow(Either.flip(refuse(description)))

const buttonTypes = [
  "callback_data",
  "callback_game",
  "copy_text",
  "login_url",
  "pay",
  "switch_inline_query",
  "switch_inline_query_chosen_chat",
  "switch_inline_query_current_chat",
  "url",
  "web_app"
]

const checkButton = (button: unknown): Either.Either<void, Refusal> => {
  const cannot = (reason: string) => refuse(`can't parse inline keyboard button: ${reason}`)
  if (!isJsonObject(button)) return cannot("InlineKeyboardButton must be an Object")
  const text = stringAt(button, "text")
  if (text === undefined) return cannot("Can't find field \"text\"")
  if (text === "") return refuse("inline keyboard button text must be non-empty")
  const given = buttonTypes.filter((type) => button[type] !== undefined && button[type] !== "")
  if (given.length === 0) return cannot("Text buttons are unallowed in the inline keyboard")
  const data = stringAt(button, "callback_data")
  if (data !== undefined && bytes(data) > 64) return refuse("BUTTON_DATA_INVALID")
  const url = stringAt(button, "url")
  return url !== undefined && !URL.canParse(url)
    ? refuse(`inline keyboard button URL '${url}' is invalid: Wrong HTTP URL`)
    : given.length > 1
    ? refuse(`the stand-in takes one kind of action a button, not ${given.join(" and ")}`)
    : Either.void
}

/** The keyboard of a message; an inline one is kept with the message, the other kinds only pass. */
export const keyboardArgument = (
  args: JsonObject,
  inlineOnly: boolean
): Either.Either<JsonObject | undefined, Refusal> =>
  Either.gen(function*() {
    if (args["reply_markup"] === undefined || args["reply_markup"] === "") return undefined
    const markup = jsonArgument(args, "reply_markup")
    if (markup === undefined) return yield* refuse("can't parse reply keyboard markup JSON object")
    if (!isJsonObject(markup)) return yield* refuse("object expected as reply markup")
    const rows = at(markup, "inline_keyboard")
    if (rows === undefined) return inlineOnly ? yield* refuse("inline keyboard expected") : undefined
    if (!Array.isArray(rows) || !rows.every((row) => Array.isArray(row))) {
      return yield* refuse("field \"inline_keyboard\" of the InlineKeyboardMarkup must be an Array of Arrays")
    }
    const buttons = rows.flat()
    yield* Either.all(buttons.map(checkButton))
    if (buttons.length > 100) return yield* refuse("reply markup is too long")
    return buttons.length === 0 ? undefined : { inline_keyboard: rows }
  })
