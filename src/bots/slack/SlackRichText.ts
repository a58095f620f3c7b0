/**
 * Reads what a person wrote in Slack's editor into pieces. Pure. Slack's blocks mark code and quotations exactly,
 * whatever they contain; the message's text only has marks around them. Source:
 * docs.slack.dev/reference/block-kit/blocks/rich-text-block
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as WrittenText from "../shared/WrittenText.ts"
import { Piece, type Written } from "../shared/WrittenText.ts"
import {
  everyone,
  group,
  link,
  type Names,
  type Part,
  person,
  quotedText,
  room,
  shown,
  withoutSelf
} from "./SlackReading.ts"

const maybe = Schema.optional(Schema.String)
const Style = Schema.Struct({
  bold: Schema.optional(Schema.Boolean),
  italic: Schema.optional(Schema.Boolean),
  strike: Schema.optional(Schema.Boolean),
  code: Schema.optional(Schema.Boolean)
})
const style = Schema.optional(Style)

const Element = Schema.Union(
  Schema.Struct({ type: Schema.Literal("text"), text: Schema.String, style }),
  Schema.Struct({ type: Schema.Literal("link"), url: Schema.String, text: maybe, style }),
  Schema.Struct({ type: Schema.Literal("user"), user_id: Schema.String }),
  Schema.Struct({ type: Schema.Literal("usergroup"), usergroup_id: Schema.String }),
  Schema.Struct({ type: Schema.Literal("channel"), channel_id: Schema.String }),
  Schema.Struct({ type: Schema.Literal("broadcast"), range: Schema.String }),
  Schema.Struct({ type: Schema.Literal("emoji"), name: Schema.String }),
  Schema.Struct({ type: Schema.Literal("date"), fallback: Schema.String }),
  Schema.Struct({ type: Schema.Literal("color"), value: Schema.String })
)
type Element = typeof Element.Type

const elements = Schema.Array(Element)
const Section = Schema.Struct({ type: Schema.Literal("rich_text_section"), elements })
const List = Schema.Struct({
  type: Schema.Literal("rich_text_list"),
  style: Schema.String,
  indent: Schema.optionalWith(Schema.Int, { default: () => 0 }),
  offset: Schema.optionalWith(Schema.Int, { default: () => 0 }),
  elements: Schema.Array(Section)
})
const Quote = Schema.Struct({ type: Schema.Literal("rich_text_quote"), elements })
const Preformatted = Schema.Struct({ type: Schema.Literal("rich_text_preformatted"), elements })
const RichText = Schema.Struct({
  type: Schema.Literal("rich_text"),
  elements: Schema.Array(Schema.Union(Section, List, Quote, Preformatted))
})
type Block = typeof RichText.Type["elements"][number]

/** Blocks that differ from the documentation are ignored in favour of the message's text. */
const decode = Schema.decodeUnknownOption(Schema.Array(RichText))

const styled = (text: string, { bold, italic, strike }: typeof Style.Type): string => {
  const marks = `${bold === true ? "*" : ""}${italic === true ? "_" : ""}${strike === true ? "~" : ""}`
  const words = text.trim()
  if (marks === "" || words === "") return text
  const from = text.length - text.trimStart().length
  return `${text.slice(0, from)}${marks}${words}${[...marks].reverse().join("")}${text.slice(from + words.length)}`
}

const partOf = (element: Element, names: Names): Part => {
  switch (element.type) {
    case "text":
      return element.style?.code === true
        ? Piece.Quoted({ text: WrittenText.code(element.text) })
        : Piece.Typed({ text: styled(element.text, element.style ?? {}) })
    case "link":
      return element.style?.code === true
        ? Piece.Quoted({ text: WrittenText.code(element.text ?? element.url) })
        : link(element.url, element.text ?? "")
    case "user":
      return person(element.user_id, names)
    case "usergroup":
      return group(element.usergroup_id, names)
    case "channel":
      return room(element.channel_id, names)
    case "broadcast":
      return everyone(element.range)
    case "emoji":
      return Piece.Typed({ text: `:${element.name}:` })
    case "date":
      return shown(element.fallback)
    case "color":
      return Piece.Typed({ text: element.value })
  }
}

/** The text of a code block, without marks. */
const bare = (element: Element): string =>
  element.type === "text" ? element.text : element.type === "link" ? element.text ?? element.url : ""

const partsOf = (block: Block, names: Names): ReadonlyArray<Part> => {
  switch (block.type) {
    case "rich_text_section":
      return block.elements.map((element) => partOf(element, names))
    case "rich_text_list": {
      const { elements, indent, offset, style } = block
      return elements.flatMap((item, index) => [
        Piece.Typed({
          text: `${index === 0 ? "" : "\n"}${" ".repeat(4 * Math.max(0, Math.min(indent, 8)))}${
            style === "ordered" ? `${offset + index + 1}.` : "•"
          } `
        }),
        ...item.elements.map((element) => partOf(element, names))
      ])
    }
    case "rich_text_quote": {
      const words = quotedText(block.elements.map((element) => partOf(element, names)))
      return [Piece.Quoted({ text: WrittenText.quotation(words.replace(/\n$/, "")) })]
    }
    case "rich_text_preformatted":
      return [Piece.Quoted({ text: WrittenText.fence(block.elements.map(bare).join("")) })]
  }
}

/** Reads a message's blocks; none if they did not come from the editor. */
export const read = (blocks: unknown, names: Names): Option.Option<Written> =>
  Option.flatMap(decode(blocks), (decoded) => {
    const parts: Array<Part> = []
    let isAtLineStart = true
    for (const block of decoded.flatMap((each) => each.elements)) {
      const next = partsOf(block, names)
      const first = next[0]
      const beginsLine = typeof first === "object" && first.text.startsWith("\n")
      if (!isAtLineStart && !beginsLine) parts.push(Piece.Typed({ text: "\n" }))
      parts.push(...next)
      const end = next.at(-1)
      isAtLineStart = typeof end === "object" && end.text.endsWith("\n")
    }
    const written = withoutSelf(parts)
    return parts.length === 0 ? Option.none() : Option.some(written)
  })

/** The ids of the people and channels that the blocks name. */
export const idsIn = (blocks: unknown): ReadonlyArray<string> =>
  Option.match(decode(blocks), {
    onNone: () => [],
    onSome: (decoded) =>
      decoded.flatMap((each) => each.elements)
        .flatMap((block) =>
          block.type === "rich_text_list" ? block.elements.flatMap((item) => item.elements) : block.elements
        )
        .flatMap((each) => each.type === "user" ? [each.user_id] : each.type === "channel" ? [each.channel_id] : [])
  })
