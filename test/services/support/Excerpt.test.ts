import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { excerpt } from "../../../src/services/support/Excerpt.ts"

const isWellFormed = (text: string) => !/\p{Surrogate}/u.test(text)

describe("excerpt", () => {
  it.prop("cuts to about the limit and never a code point in two", [
    FastCheck.string({ unit: "binary", maxLength: 300 }),
    FastCheck.integer({ min: 10, max: 100 })
  ], ([text, limit]) => {
    const cut = excerpt(text, limit)
    assert.isAtMost(cut.length, Math.max(text.length, limit + 60))
    assert.isTrue(cut === text || text.length > limit)
    assert.isTrue(isWellFormed(cut) || !isWellFormed(text))
  })
})
