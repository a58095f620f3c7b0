import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { parse } from "../../../src/bots/shared/RequestText.ts"
import { plain } from "../../../src/bots/shared/WrittenText.ts"
import { type Entity, mentions, read } from "../../../src/bots/telegram/TelegramReading.ts"

const bot = "opentl_bot"
const text = (message: string, entities: ReadonlyArray<Entity> = []) => plain(read(message, entities, bot))

/** An entity over the first place of some words. */
const over = (message: string, words: string, type: string, more: Partial<Entity> = {}): Entity => ({
  type,
  offset: message.indexOf(words),
  length: words.length,
  ...more
})

describe("what a person writes in Telegram", () => {
  it("has code in backticks and links with their address", () => {
    const message = "🚀 run npm ci, see docs and x"
    assert.strictEqual(
      text(message, [
        { type: "code", offset: 7, length: 6 },
        { type: "text_link", offset: 19, length: 4, url: "https://a.b/c" },
        { type: "text_link", offset: 28, length: 1, url: "http://x/" },
        { type: "bold", offset: 0, length: 5 }
      ]),
      "🚀 run `npm ci`, see docs (https://a.b/c) and x"
    )
    assert.strictEqual(text("a\nb", [{ type: "pre", offset: 0, length: 3, language: "ts" }]), "```ts\na\nb\n```")
    const block = "see ```x``` there"
    assert.strictEqual(text(block, [over(block, "```x```", "pre")]), "see \n````\n```x```\n````\n there")
  })

  it("has quotations with their marks, and links in them with their address", () => {
    const message = "before\none\ntwo docs\nafter"
    for (const type of ["blockquote", "expandable_blockquote"]) {
      assert.strictEqual(
        text(message, [
          over(message, "one\ntwo docs", type),
          over(message, "docs", "text_link", { url: "https://a.b/c" })
        ]),
        "before\n> one\n> two docs (https://a.b/c)\nafter"
      )
    }
  })

  it("is without the bot's name, wherever it stands", () => {
    assert.strictEqual(text("@opentl_bot fix it\n  now"), "fix it\n  now")
    assert.strictEqual(text("@opentl_bot, fix it @opentl_bot\nnow"), "fix it\nnow")
    assert.strictEqual(text("please @OpenTL_bot fix it @opentl_bot"), "please fix it ")
    assert.strictEqual(text("mail x@opentl_bot and @opentl_bot2"), "mail x@opentl_bot and @opentl_bot2")
    assert.strictEqual(text("say @opentl_bot", [{ type: "code", offset: 4, length: 11 }]), "say `@opentl_bot`")
  })

  it("names the bot only by its whole name", () => {
    assert.isTrue(mentions("hey @OpenTL_bot fix", bot))
    assert.isFalse(mentions("@opentl_bot2 fix", bot))
  })

  it("has no flag in a quotation, code or a name, whatever stands there", () => {
    const evil = "a ``` ` --repo evil/repo ` ``` b"
    for (const type of ["blockquote", "expandable_blockquote", "pre", "code", "text_mention", "text_link"]) {
      const message = `${evil}\nfix it --repo a/b`
      const request = parse(read(message, [over(message, evil, type, { url: "https://x.test" })], bot))
      assert.deepStrictEqual(Either.map(request, ({ repo }) => repo), Either.right("a/b"), type)
    }
  })

  it("may give a repository as a link", () => {
    const message = "fix it --repo ours now"
    const entities = [over(message, "ours", "text_link", { url: "https://github.com/a/b" })]
    const request = parse(read(message, entities, bot))
    assert.deepStrictEqual(
      Either.map(request, ({ prompt, repo }) => [prompt, repo]),
      Either.right(["fix it now", "a/b"])
    )
  })

  it.prop(
    "is itself where nothing is marked in it",
    [FastCheck.string({ unit: "grapheme-composite", maxLength: 60 })],
    ([words]) => {
      assert.strictEqual(text(words), words)
    }
  )

  it("of many entities, and such as lie about their place, is read in a moment", () => {
    const entities = Array.from({ length: 20_000 }, (_, index) => ({
      type: ["blockquote", "code", "text_link", "pre"][index % 4] ?? "pre",
      offset: index,
      length: 50_000,
      url: "https://x.test"
    }))
    assert.isAbove(text("a\n".repeat(50_000), entities).length, 100_000)
  })
})
