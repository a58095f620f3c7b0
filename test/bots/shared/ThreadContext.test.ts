import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { contextOf } from "../../../src/bots/shared/ThreadContext.ts"

const text = FastCheck.string({ unit: "binary", maxLength: 300 })

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
