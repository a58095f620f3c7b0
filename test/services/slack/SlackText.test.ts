import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { escapeTo, join, split, write } from "../../../src/services/slack/SlackText.ts"
import { bold, code, cut, link, pre, text as plainly } from "../../../src/services/support/RichText.ts"

const text = FastCheck.string({ unit: "binary", maxLength: 300 })

const isWhole = (words: string) => !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(words)

describe("lengths of Slack", () => {
  it("a cut text is short enough and has no half characters", () => {
    FastCheck.assert(FastCheck.property(text, FastCheck.integer({ min: 2, max: 100 }), (words, length) => {
      for (const short of [cut(words, length), escapeTo(words, length)]) {
        assert.isAtMost(short.length, length)
        assert.isTrue(isWhole(short) || !isWhole(words))
      }
      assert.isTrue(/^(?:[^&<>]|&(?:amp|lt|gt);)*$/u.test(escapeTo(words, length)))
    }))
  })

  it("what is split is joined again as it was", () => {
    const lines = FastCheck.array(text, { maxLength: 8 }).map((parts) => parts.join("\n"))
    FastCheck.assert(FastCheck.property(lines, FastCheck.integer({ min: 2, max: 80 }), (words, length) => {
      const { joins, parts } = split(words, length)
      assert.isTrue(parts.every((part) => part.length <= length))
      assert.strictEqual(join(parts, joins), words)
    }))
  })
})

describe("rich text in Slack", () => {
  it("is mrkdwn, in which no text is read as markup of Slack's own", () => {
    assert.strictEqual(
      write([bold("a<b"), plainly(" & "), code("<c>"), link("d|e", "https://example.org/?a=1|2")]),
      "*a&lt;b* &amp; `&lt;c&gt;`<https://example.org/?a=1%7C2|d|e>"
    )
    assert.strictEqual(write([link("here", "javascript:1")]), "here")
    assert.strictEqual(write([pre("a\n```b")]), "```\na\n`\u200b`\u200b`b\n```")
  })
})
