import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { width } from "../../../src/cli/terminal/TerminalText.ts"
import { wrapLine, wrapText } from "../../../src/cli/terminal/Wrap.ts"

describe("a wrapped line", () => {
  it("goes on below its own beginning", () => {
    assert.deepStrictEqual(wrapLine("    at parse (parser.ts:12) while reading the file", 24), [
      "    at parse",
      "    (parser.ts:12) while",
      "    reading the file"
    ])
    assert.deepStrictEqual(wrapText("one\n\n  two three", 7), ["one", "", "  two", "  three"])
  })

  it("breaks a word that is longer than a line, and gives up an indentation that leaves no room", () => {
    assert.deepStrictEqual(wrapLine("abcdefgh", 3), ["abc", "def", "gh"])
    assert.deepStrictEqual(wrapLine("        deep text", 10), ["deep text"])
  })

  it("keeps tabs as the columns they are, and blanks within the text", () => {
    assert.deepStrictEqual(wrapLine("\tif (x)", 40), ["        if (x)"])
    assert.deepStrictEqual(wrapLine("a\tb   c", 40), ["a       b   c"])
  })

  it("says how much of an endless line it leaves out", () => {
    const rows = wrapLine("x".repeat(100_000), 80)
    assert.isBelow(rows.length, 60)
    assert.include(rows.join(""), "… (96,000 more characters)")
  })

  it.prop(
    "is nowhere wider than the terminal, and loses no word",
    [
      FastCheck.string({ unit: FastCheck.constantFrom(..."ab é漢👍\t  "), maxLength: 200 }),
      FastCheck.integer({ min: 8, max: 60 })
    ],
    ([line, columns]) => {
      const rows = wrapLine(line, columns)
      for (const row of rows) assert.isAtMost(width(row), columns)
      assert.strictEqual(rows.join("").replace(/\s/g, ""), line.replace(/\s/g, ""))
    }
  )
})
