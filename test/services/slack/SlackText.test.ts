import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { contextOf } from "../../../src/bots/shared/ThreadContext.ts"
import { cut, escapeTo, join, split } from "../../../src/services/slack/SlackText.ts"

const text = FastCheck.string({ unit: "binary", maxLength: 300 })

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
