import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import wrapAnsi from "wrap-ansi"
import { wrapWords } from "../../../src/cli/terminal/WrapWords.ts"

const words = FastCheck.array(FastCheck.stringMatching(/^[a-z<>-]{1,6}(\u00a0[a-z<>-]{1,6})?$/), { minLength: 1 })
const columns = FastCheck.integer({ min: 1, max: 60 })

describe("wrapWords", () => {
  it.prop("breaks lines between words only, and lets only a single word exceed the columns", [words, columns], ([
    given,
    columns
  ]) => {
    const lines = wrapWords(given.join(" "), columns)
    for (const line of lines) assert.isTrue(line.length <= columns || !line.includes(" "), line)
    assert.deepStrictEqual(lines.flatMap((line) => line.split(" ")), given)
  })

  it.prop("breaks where the library breaks that wraps foreign texts", [words, columns], ([given, columns]) => {
    const text = given.join(" ")
    assert.deepStrictEqual(wrapWords(text, columns), wrapAnsi(text, columns, { hard: false }).split("\n"))
  })

  it("leaves a word whole that is wider than the columns, and an empty text one line", () => {
    assert.deepStrictEqual(wrapWords("see https://example.test/a/long/address", 10), [
      "see",
      "https://example.test/a/long/address"
    ])
    assert.deepStrictEqual(wrapWords("", 10), [""])
  })
})
