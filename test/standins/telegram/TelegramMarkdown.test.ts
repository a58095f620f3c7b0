import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { parseMarkdown, reservedCharacters, type TelegramEntity } from "./TelegramMarkdown.ts"

const entity = (type: string, offset: number, length: number, more: Partial<TelegramEntity> = {}): TelegramEntity => ({
  length,
  offset,
  type,
  ...more
})

const escape = (text: string) =>
  [...text].map((each) => reservedCharacters.includes(each) || each === "\\" ? `\\${each}` : each).join("")

describe("MarkdownV2 that is read", () => {
  const cases: ReadonlyArray<readonly [string, string, ReadonlyArray<TelegramEntity>]> = [
    ["plain words", "plain words", []],
    ["*bold* _it_ __under__ ~gone~ ||spoiler||", "bold it under gone spoiler", [
      entity("bold", 0, 4),
      entity("italic", 5, 2),
      entity("underline", 8, 5),
      entity("strikethrough", 14, 4),
      entity("spoiler", 19, 7)
    ]],
    ["*bold _both_*", "bold both", [entity("bold", 0, 9), entity("italic", 5, 4)]],
    ["`a*b_c.d!`", "a*b_c.d!", [entity("code", 0, 8)]],
    ["`a\\`b\\\\c`", "a`b\\c", [entity("code", 0, 5)]],
    ["```ts\nlet x = 1;\n```", "let x = 1;\n", [entity("pre", 0, 11, { language: "ts" })]],
    ["```\nraw\n```", "raw\n", [entity("pre", 0, 4)]],
    ["[PR \\#7](https://github.com/a/b/pull/7)", "PR #7", [
      entity("text_link", 0, 5, { url: "https://github.com/a/b/pull/7" })
    ]],
    ["[x](https://a.b/c\\)d)", "x", [entity("text_link", 0, 1, { url: "https://a.b/c)d" })]],
    ["[not a link](nowhere)", "not a link", []],
    ["🚀 *🚀*", "🚀 🚀", [entity("bold", 3, 2)]],
    [">one\n>two\nafter", "one\ntwo\nafter", [entity("blockquote", 0, 8)]],
    [">one\n>two||", "one\ntwo", [entity("expandable_blockquote", 0, 7)]],
    ["![e](tg://emoji?id=5)", "e", [entity("custom_emoji", 0, 1, { custom_emoji_id: "5" })]],
    ["a\\.b\\\\c\\>d", "a.b\\c>d", []]
  ]
  it.each(cases)("%s", (source, text, entities) => {
    assert.deepStrictEqual(parseMarkdown(source), Either.right({ entities: [...entities], text }))
  })
})

describe("MarkdownV2 that is refused", () => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    ...reservedCharacters.filter((each) => ![..."_*[~`>"].includes(each)).map((each): readonly [string, string] => [
      `a${each}b`,
      `Character '${each}' is reserved and must be escaped with the preceding '\\'`
    ]),
    ["a > b", "Character '>' is reserved and must be escaped with the preceding '\\'"],
    ["*bold", "Can't find end of Bold entity at byte offset 0"],
    ["ü *bold", "Can't find end of Bold entity at byte offset 3"],
    ["a_b", "Can't find end of Italic entity at byte offset 1"],
    ["*a _b* c_", "Can't find end of Italic entity at byte offset 8"],
    ["`code", "Can't find end of Code entity at byte offset 0"],
    ["```\ncode", "Can't find end of Pre entity at byte offset 0"],
    ["```ts\ncode", "Can't find end of PreCode entity at byte offset 0"],
    ["[text", "Can't find end of TextUrl entity at byte offset 0"],
    ["[text](https://a.b", "Can't find end of a URL at byte offset 7"],
    ["![x]", "The entity must contain a tg://emoji or tg://time URL"],
    [">*quote\nafter", "Can't find end of Bold entity at byte offset 1"]
  ]
  it.each(cases)("%s", (source, reason) => {
    assert.deepStrictEqual(Either.mapLeft(parseMarkdown(source), (error) => error.reason), Either.left(reason))
  })
})

describe("MarkdownV2", () => {
  const texts = FastCheck.string({ maxLength: 60, unit: "grapheme" })

  it.prop("gives back any text whose reserved characters are escaped", [texts], ([text]) => {
    assert.deepStrictEqual(parseMarkdown(escape(text)), Either.right({ entities: [], text }))
  })

  it.prop("measures what is marked up in UTF-16 code units", [texts, texts], ([before, bold]) => {
    FastCheck.pre(bold !== "")
    assert.deepStrictEqual(
      parseMarkdown(`${escape(before)}*${escape(bold)}*`),
      Either.right({ entities: [entity("bold", before.length, bold.length)], text: `${before}${bold}` })
    )
  })

  it.prop("reads or refuses, and keeps every entity inside the text", [
    FastCheck.string({ maxLength: 40, unit: FastCheck.constantFrom(...reservedCharacters, "\\", "\n", "a", "ü", "🚀") })
  ], ([source]) => {
    const read = parseMarkdown(source)
    const formatted = Either.getOrElse(read, () => ({ entities: [], text: "" }))
    formatted.entities.forEach((each) => {
      assert.isAbove(each.length, 0)
      assert.isAtMost(each.offset + each.length, formatted.text.length)
    })
  })
})
