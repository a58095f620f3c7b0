import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { contextOf } from "../../src/bots/ChatContext.ts"
import { parse } from "../../src/bots/RequestText.ts"
import { cut, escape, escapeTo, join, peopleIn, split, toPlain } from "../../src/bots/SlackText.ts"

const reading = { self: "U0BOT", names: new Map([["U1", "ada"], ["U0BOT", "opentl"]]) }
const plain = (text: string) => toPlain(text, reading)
const text = FastCheck.string({ unit: "binary", maxLength: 300 })

describe("Slack's writing as plain text", () => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    ["<@U0BOT> fix it", "fix it"],
    ["<@U0BOT|opentl>: fix it", "fix it"],
    ["please <@U0BOT> fix it", "please @opentl fix it"],
    ["<@U0BOT> <@U0BOT> fix it", "@opentl fix it"],
    ["ask <@U1> and <@U9>", "ask @ada and @U9"],
    ["see <#C1|general> <#C2>", "see #general #C2"],
    ["<https://x.test/a?b=1&amp;c=2>", "https://x.test/a?b=1&c=2"],
    ["<https://x.test/|x.test>", "https://x.test/"],
    ["<https://x.test/1|the bug>", "the bug (https://x.test/1)"],
    ["<mailto:a@b.test|a@b.test>", "a@b.test"],
    ["<!here> <!subteam^S1|@team>", "@here @team"],
    ["&gt; quoted\n3 &lt; 4 &amp;&amp; 5 > 4", "> quoted\n3 < 4 && 5 > 4"],
    ["&amp;lt;", "&lt;"]
  ]
  for (const [from, to] of cases) it(JSON.stringify(from), () => assert.strictEqual(plain(from), to))

  it("a repository may be given as a link, whatever its text says", () => {
    for (
      const link of [
        "<https://github.com/a/b>",
        "<https://github.com/a/b|github.com/a/b>",
        "<https://github.com/a/b|ours>"
      ]
    ) {
      assert.deepInclude(parse(plain(`<@U0BOT> fix > it --repo ${link} --approve`)), {
        repo: "a/b",
        prompt: "fix > it",
        approve: true
      })
    }
  })

  it("what was escaped reads as it was written", () => {
    FastCheck.assert(FastCheck.property(text, (words) => assert.strictEqual(plain(escape(words)), words)))
  })

  it("names the people once each", () => assert.deepStrictEqual(peopleIn("<@U1> <@U2|bob> <@U1> <#C1>"), ["U1", "U2"]))
})

const isWhole = (words: string) => !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(words)

describe("lengths", () => {
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

describe("the context of a request", () => {
  it("is fenced so that nothing in it ends the fence, and is capped", () => {
    FastCheck.assert(FastCheck.property(
      FastCheck.array(
        FastCheck.record({
          name: FastCheck.constant("ada"),
          text: FastCheck.oneof(text, FastCheck.constant("```` end"), FastCheck.constant("x".repeat(3000)))
        }),
        { maxLength: 20 }
      ),
      (remarks) => {
        const context = contextOf(remarks)
        if (context === undefined) return assert.isTrue(remarks.every((remark) => remark.text.trim() === ""))
        const [, fence = "", ...body] = context.split("\n")
        assert.match(fence, /^`{3,}$/)
        assert.strictEqual(body.at(-1), fence)
        assert.isFalse(body.slice(0, -1).some((line) => line.includes(fence)))
        assert.isBelow(context.length, 20_000)
      }
    ))
  })
})
