/** Markdown as a terminal shows it: golden pages, and texts that were not written to be read. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { markdownLines } from "../../../src/cli/terminal/Markdown.ts"
import * as Style from "../../../src/cli/terminal/Style.ts"
import { width } from "../../../src/cli/terminal/TerminalText.ts"

const plan = `## Steps

1. Parse the **amount** with \`parseAmount()\` and refuse negative ones, as
   [the ticket](https://tracker.test/42) asks.
2. Add tests:
   - for *zero*
   - for \`-1\`, see <https://wiki.test/amounts>

   \`\`\`ts
   if (amount < 0) {
     throw new RangeError("negative")
   }
   \`\`\`
10. Done & dusted &amp; checked \\*once\\*.

> Leave the public
> interface as it is.

---

- [x] read
- [ ] written

| file | lines |
|------|------:|
| a.ts | \`12\` |
`

describe("markdown", () => {
  it("is shown as what it means, in 60 columns", () => {
    assert.deepStrictEqual(markdownLines(plan, { columns: 60, style: Style.plain }), [
      "Steps",
      "",
      "1. Parse the amount with parseAmount() and refuse negative",
      "   ones, as the ticket (https://tracker.test/42) asks.",
      "",
      "2. Add tests:",
      "",
      "   • for zero",
      "   • for -1, see https://wiki.test/amounts",
      "",
      "     if (amount < 0) {",
      "       throw new RangeError(\"negative\")",
      "     }",
      "",
      "3. Done & dusted & checked *once*.",
      "",
      "│ Leave the public interface as it is.",
      "",
      "────────────────────────────────────────",
      "",
      "• [x] read",
      "• [ ] written",
      "",
      "file  lines",
      "a.ts  12"
    ])
  })

  it("has weights and colours on a terminal that shows them", () => {
    assert.deepStrictEqual(
      markdownLines("# A *b*\n\n**c** `d` [e](http://f.test)", { columns: 60, style: Style.coloured }),
      [
        "\x1b[1mA \x1b[3mb\x1b[23m\x1b[22m",
        "",
        "\x1b[1mc\x1b[22m \x1b[36md\x1b[39m e (http://f.test)"
      ]
    )
  })

  it("writes every address out, and makes no link of it", () => {
    const text = markdownLines("[https://bank.test](https://evil.test) ![pixel](https://evil.test/p.png)", {
      columns: 100,
      style: Style.coloured
    }).join("\n")
    assert.strictEqual(text, "https://bank.test (https://evil.test) pixel (https://evil.test/p.png)")
  })

  it("lets nothing through that a terminal would act on", () => {
    const hostile = "# \x1b]0;title\x07a\n\n`\x1b[2J` [b](http://x\x1b[31m.test)\x9b2J &#27;[2J\n\n    \x1b[1Acode"
    const text = markdownLines(hostile, { columns: 60, style: Style.plain }).join("\n")
    assert.notMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/)
    assert.include(text, "code")
  })

  it("shows what cannot be read as it was written", () => {
    const deep = `${">".repeat(5000)} x`
    assert.strictEqual(markdownLines(deep, { columns: 10_000, style: Style.plain }).join("").length > 4000, true)
    const long = "**a** ".repeat(5000)
    assert.include(markdownLines(long, { columns: 80, style: Style.plain })[0], "**a** **a**")
  })

  it.prop(
    "fits the terminal, whatever it is",
    [
      FastCheck.string({ unit: FastCheck.constantFrom(..."#*_`->[]()!|~ \n\t1.aé漢&<\\"), maxLength: 300 }),
      FastCheck.integer({ min: 40, max: 120 })
    ],
    ([text, columns]) => {
      for (const line of markdownLines(text, { columns, style: Style.plain })) {
        // below a certain width the innermost of nested lists keep a readable one
        if (!/^(\s|•|│|\d+\.)+/.test(line)) assert.isAtMost(width(line), columns)
        assert.notInclude(line, "\n")
      }
    }
  )
})
