/**
 * MarkdownV2 as the Bot API reads it. Every reserved character that does not mark something up must be escaped, every
 * entity must be closed, the innermost first; in code only the backtick (and the backslash before it) means anything.
 * Offsets and lengths are in UTF-16 code units, as JavaScript's strings are; errors count bytes, as the service does.
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"

/** A piece of formatted text, as in the Bot API. */
export interface TelegramEntity {
  readonly type: string
  readonly offset: number
  readonly length: number
  readonly url?: string
  readonly language?: string
  readonly custom_emoji_id?: string
}

export interface FormattedText {
  readonly text: string
  readonly entities: ReadonlyArray<TelegramEntity>
}

/** The text cannot be read; the sentence follows `can't parse entities: `. */
export class MarkdownError extends Data.TaggedClass("MarkdownError")<{ readonly reason: string }> {}

type Kind =
  | "Bold"
  | "Italic"
  | "Underline"
  | "Strikethrough"
  | "Spoiler"
  | "Code"
  | "Pre"
  | "TextUrl"
  | "CustomEmoji"
  | "BlockQuote"

interface Open {
  readonly kind: Kind
  /** Where it was opened, in the source. */
  readonly source: number
  /** Where it begins, in the text. */
  readonly offset: number
  readonly language: string | undefined
}

const types: Readonly<Record<Kind, string>> = {
  BlockQuote: "blockquote",
  Bold: "bold",
  Code: "code",
  CustomEmoji: "custom_emoji",
  Italic: "italic",
  Pre: "pre",
  Spoiler: "spoiler",
  Strikethrough: "strikethrough",
  TextUrl: "text_link",
  Underline: "underline"
}

/**
 * What each mark opens, the longer marks first. A mark closes what it opens when that is the innermost; what a bracket
 * opens is closed by the other bracket.
 */
const marks: ReadonlyArray<readonly [string, Kind]> = [
  ["```", "Pre"],
  ["`", "Code"],
  ["||", "Spoiler"],
  ["__", "Underline"],
  ["_", "Italic"],
  ["*", "Bold"],
  ["~", "Strikethrough"],
  ["![", "CustomEmoji"],
  ["[", "TextUrl"]
]
const codeMarks = marks.slice(0, 2)
const reserved = "_*[]()~`>#+-=|{}.!"

/** Every character that has to be escaped outside of code. */
export const reservedCharacters: ReadonlyArray<string> = [...reserved]

const bytes = (text: string) => new TextEncoder().encode(text).length
const isEscape = (source: string, index: number) =>
  source[index] === "\\" && index + 1 < source.length && source.charCodeAt(index + 1) > 0 &&
  source.charCodeAt(index + 1) <= 126

/** Whether a link is one that the service keeps; of another only the text stays. */
const isLink = (url: string) =>
  /^tg:\/\/./i.test(url) || /^[^\s/?#]+\.[^\s]+$|^https?:\/\/[^\s]+$/i.test(url) &&
    URL.canParse(/^[a-z]+:\/\//i.test(url) ? url : `http://${url}`)

/** Reads MarkdownV2 into text and entities, in the order of their offsets and the outer before the inner. */
export const parseMarkdown = (source: string): Either.Either<FormattedText, MarkdownError> => {
  const failure = (reason: string) => Either.left(new MarkdownError({ reason }))
  const unclosed = (entity: Open) =>
    failure(
      `Can't find end of ${entity.kind === "Pre" && entity.language !== undefined ? "PreCode" : entity.kind} ` +
        `entity at byte offset ${bytes(source.slice(0, entity.source))}`
    )
  const stack: Array<Open> = []
  const entities: Array<TelegramEntity> = []
  let text = ""
  let index = 0
  let lineStart = true

  const put = (character: string, newLine = character === "\n") => {
    text += character
    if (character !== "\r") lineStart = newLine
  }
  const emit = (
    entity: Open,
    more: Omit<TelegramEntity, "type" | "offset" | "length"> = {},
    type = types[entity.kind]
  ) => {
    const length = text.length - entity.offset
    if (length > 0) entities.push({ length, offset: entity.offset, type, ...more })
  }
  /** The address in parentheses at the index; undefined when it does not end. */
  const address = (): string | undefined => {
    let url = ""
    for (index++; index < source.length && source[index] !== ")"; index++) {
      if (isEscape(source, index)) index++
      url += source[index] ?? ""
    }
    return index++ < source.length ? url : undefined
  }
  const open = (kind: Kind, mark: string) => {
    const from = index
    index += mark.length
    let language: string | undefined
    if (kind === "Pre") {
      const named = /^[^\s`]+(?=\s)/.exec(source.slice(index))?.[0]
      index += named?.length ?? 0
      index += /^(?:\r\n|\n\r|\n|\r)?/.exec(source.slice(index))?.[0].length ?? 0
      language = named
    }
    stack.push({ kind, language, offset: text.length, source: from })
  }
  /** Ends a quotation at a line's end; a spoiler mark just opened there makes it expandable. */
  const endQuote = (): Either.Either<void, MarkdownError> => {
    const last = stack.at(-1)
    const mark = index < source.length ? /^\|\|\r?$/ : /^\|\|$/
    const expandable = last?.kind === "Spoiler" && mark.test(source.slice(last.source, index))
    if (expandable) stack.pop()
    const quote = stack.pop()
    if (quote === undefined) return Either.void
    if (quote.kind !== "BlockQuote") return unclosed(quote)
    emit(quote, {}, expandable ? "expandable_blockquote" : "blockquote")
    return Either.void
  }

  while (index < source.length) {
    const character = source[index] ?? ""
    const top = stack.at(-1)
    const inCode = top?.kind === "Code" || top?.kind === "Pre"
    const quoted = stack.some((each) => each.kind === "BlockQuote")
    if (isEscape(source, index)) {
      put(source[index + 1] ?? "")
      index += 2
      continue
    }
    if (character === "\n" && !inCode) {
      put(character)
      const ended = quoted && source[index + 1] !== ">" ? endQuote() : Either.void
      if (Either.isLeft(ended)) return Either.left(ended.left)
      index++
      continue
    }
    if (character === ">" && !inCode && lineStart) {
      if (!quoted) stack.push({ kind: "BlockQuote", language: undefined, offset: text.length, source: index })
      index++
      continue
    }
    if (character === "]" && top !== undefined && (top.kind === "TextUrl" || top.kind === "CustomEmoji")) {
      stack.pop()
      index++
      const begin = index + 1
      if (top.kind === "CustomEmoji" && source[index] !== "(") {
        return failure("The entity must contain a tg://emoji or tg://time URL")
      }
      const url = source[index] === "(" ? address() : text.slice(top.offset)
      if (url === undefined) return failure(`Can't find end of a URL at byte offset ${bytes(source.slice(0, begin))}`)
      if (top.kind === "TextUrl") {
        if (isLink(url)) emit(top, { url })
        continue
      }
      const emoji = /^tg:\/\/emoji\?id=(\d+)$/.exec(url)?.[1]
      if (emoji === undefined) return failure("Invalid tg://emoji or tg://time URL specified")
      emit(top, { custom_emoji_id: emoji })
      continue
    }
    const found = (inCode ? codeMarks : marks).find(([mark]) => source.startsWith(mark, index))
    // Inside code of one backtick the first backtick ends it, however many follow.
    const [mark, kind] = top?.kind === "Code" && character === "`" ? ["`", "Code"] as const : found ?? ["", undefined]
    if (kind !== undefined) {
      if (top?.kind === kind && !mark.endsWith("[")) {
        stack.pop()
        emit(top, top.language === undefined ? {} : { language: top.language })
        index += mark.length
      } else {
        open(kind, mark)
      }
      continue
    }
    if (!inCode && reserved.includes(character)) {
      return failure(`Character '${character}' is reserved and must be escaped with the preceding '\\'`)
    }
    put(character, false)
    index++
  }
  if (stack.some((each) => each.kind === "BlockQuote")) {
    const ended = endQuote()
    if (Either.isLeft(ended)) return Either.left(ended.left)
  }
  const left = stack.at(-1)
  return left !== undefined ? unclosed(left) : Either.right({
    entities: entities.sort((a, b) => a.offset - b.offset || b.length - a.length),
    text
  })
}
