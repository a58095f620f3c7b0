import { assert, describe, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { count } from "../../../sandbox/acp/LineDiff.ts"

const texts = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 12 }).map((lines) =>
  lines.map((line) => `${line}\n`).join("")
)

describe("the lines that a change adds and removes", () => {
  it("are counted where a file is new, emptied, or changed in one place", () => {
    assert.deepStrictEqual(count("", "a\nb\n"), { added: 2, removed: 0 })
    assert.deepStrictEqual(count("a\nb", ""), { added: 0, removed: 2 })
    assert.deepStrictEqual(count("a\nb\nc\n", "a\nB\nB2\nc\n"), { added: 2, removed: 1 })
    assert.deepStrictEqual(count("a\n", "a\n"), { added: 0, removed: 0 })
  })

  it("leave out a line that is on both sides between two changes", () => {
    assert.deepStrictEqual(count("a\nb\nc\n", "A\nb\nC\n"), { added: 2, removed: 2 })
  })

  it("explain the difference in length", () => {
    fc.assert(fc.property(texts, texts, (before, after) => {
      const { added, removed } = count(before, after)
      assert.strictEqual(added - removed, after.split("\n").length - before.split("\n").length)
      assert.isAtLeast(Math.min(added, removed), 0)
    }))
  })
})
