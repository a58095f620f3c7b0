import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { neutralise, oneLine } from "../../../src/cli/terminal/SafeText.ts"
import { pad, truncate, width } from "../../../src/cli/terminal/TerminalText.ts"

const unruly = FastCheck.array(
  FastCheck.oneof(
    FastCheck.string({ unit: "binary" }),
    FastCheck.constantFrom(
      "\x1b[31m",
      "\x1b[2J",
      "\x1b]0;title\x07",
      "\x9b5A",
      "\x1b",
      "\x1b]8;;x",
      "\u202e",
      "\u2066",
      "\r",
      "\n",
      "日本",
      "👩‍👩‍👧",
      "é"
    )
  )
).map((parts) => parts.join(""))

describe("neutralise", () => {
  it.prop("leaves no control character but the line feed and the tab", [unruly], ([text]) => {
    assert.notMatch(neutralise(text, false), /[\x00-\x08\x0b-\x1f\x7f-\x9f]/)
  })

  it.prop("leaves nothing but colours where colours may stay", [unruly], ([text]) => {
    const rest = neutralise(text, true).replace(/\x1b\[[0-9;:]*m/g, "")
    assert.notMatch(rest, /[\x00-\x08\x0b-\x1f\x7f-\x9f]/)
  })

  it.prop("changes nothing the second time", [unruly], ([text]) => {
    const once = neutralise(text, false)
    assert.strictEqual(neutralise(once, false), once)
  })

  it("shows what would put the text in another order", () => {
    assert.strictEqual(neutralise("delete \u202eevil\u2066 x\u202c", false), "delete \\u{202e}evil\\u{2066} x\\u{202c}")
    assert.strictEqual(oneLine("\u200fשלום\u200e"), "\u200fשלום\u200e")
  })

  it("keeps colours, ends them with the line, and drops the rest", () => {
    assert.strictEqual(neutralise("\x1b[1;32mok\x1b[2K\x1b]0;pwned\x07 done", true), "\x1b[1;32mok done\x1b[0m")
    assert.strictEqual(neutralise("\x1b[31mred\nnext", true), "\x1b[31mred\x1b[0m\nnext")
    assert.strictEqual(neutralise("\x1b[31mred", false), "red")
  })

  it("does not let an unterminated title hide what follows", () => {
    assert.strictEqual(neutralise("\x1b]0;rm -rf", false), "0;rm -rf")
  })

  it("keeps the text of a link and drops its address", () => {
    assert.strictEqual(neutralise("\x1b]8;;https://evil.test\x1b\\click\x1b]8;;\x1b\\", true), "click")
  })
})

describe("width", () => {
  it("counts ideographs and emoji double, marks not at all", () => {
    assert.strictEqual(width("plain"), 5)
    assert.strictEqual(width("日本語"), 6)
    assert.strictEqual(width("한국"), 4)
    assert.strictEqual(width("ｆｕｌｌ"), 8)
    assert.strictEqual(width("cafe\u0301"), 4)
    assert.strictEqual(width("👍🏽"), 2)
    assert.strictEqual(width("👩‍👩‍👧"), 2)
    assert.strictEqual(width("❤️"), 2)
    assert.strictEqual(width("🇩🇪"), 2)
    assert.strictEqual(width("a\u200bb"), 2)
  })

  it("is measured of a long text in time, and at its seams, too", () => {
    assert.strictEqual(width("日".repeat(200_000)), 400_000)
    assert.strictEqual(width(`a${"👍".repeat(5000)}`), 10_001)
    assert.strictEqual(truncate("日".repeat(200_000), 9), "日日日日…")
  })

  it.prop(
    "is what pad fills to, and what truncate stays within",
    [unruly, FastCheck.integer({ min: 1, max: 40 })],
    ([text, columns]) => {
      const fitted = truncate(oneLine(text), columns)
      assert.isAtMost(width(fitted), columns)
      assert.strictEqual(width(pad(fitted, columns)), columns)
    }
  )
})

describe("truncate", () => {
  it("leaves what fits, and marks what is cut", () => {
    assert.strictEqual(truncate("abc", 3), "abc")
    assert.strictEqual(truncate("abcd", 3), "ab…")
    assert.strictEqual(truncate("日本語", 4), "日…")
    assert.strictEqual(truncate("日本語", 5), "日本…")
    assert.strictEqual(truncate("abc def", 5), "abc…")
    assert.strictEqual(truncate("abc", 1), "…")
    assert.strictEqual(truncate("abc", 0), "")
    assert.strictEqual(truncate(`a${"\u0301".repeat(5000)}`, 3).at(-1), "…")
  })
})
