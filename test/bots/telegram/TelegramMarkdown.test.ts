import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { fromMarkdown, shortened } from "../../../src/bots/telegram/TelegramMarkdown.ts"
import { bold, code, plain, pre, text } from "../../../src/services/support/RichText.ts"
import { messageLimit, split, write } from "../../../src/services/telegram/TelegramText.ts"
import { parseMarkdown } from "../../standins/telegram/TelegramMarkdown.ts"
import { markdown, nested } from "../../support/HostileMarkdown.ts"

/** What Telegram shows of a text. */
const read = (source: string) =>
  Either.match(parseMarkdown(source), {
    onLeft: ({ reason }) => assert.fail(`${reason} in ${JSON.stringify(source)}`),
    onRight: (formatted) => formatted.text
  })
const shown = (source: string) => read(write(fromMarkdown(source)))

describe("markdown of models in Telegram", () => {
  it.prop("can be written and read, whatever it is", [markdown], ([source]) => {
    const spans = fromMarkdown(source)
    assert.strictEqual(read(write(spans)), plain(spans))
  })

  it("has headings, items, code and emphasis", () => {
    const formatted = parseMarkdown(
      write(fromMarkdown("### Steps\n\n- edit `a.ts`\n- **go** _now_ ~~never~~\n\n```ts\nlet a\n```"))
    )
    assert.deepStrictEqual(Either.getOrUndefined(formatted), {
      text: "Steps\n\n• edit a.ts\n• go now never\n\nlet a\n",
      entities: [
        { type: "bold", offset: 0, length: 5 },
        { type: "code", offset: 14, length: 4 },
        { type: "bold", offset: 21, length: 2 },
        { type: "italic", offset: 24, length: 3 },
        { type: "strikethrough", offset: 28, length: 5 },
        { type: "pre", offset: 35, length: 6 }
      ]
    })
  })

  it("keeps numbers, nesting and quotations, which the old reader of lines could not", () => {
    assert.strictEqual(
      shown("3. three\n   - [x] done\n   - [ ] open\n4. four\n\n> one\n> two\n>\n> > deep"),
      "3. three\n   • ☑ done\n   • ☐ open\n4. four\n\n> one\n> two\n> \n> > deep"
    )
    assert.strictEqual(shown("* a * b\\*c\n* snake_case_name"), "• a * b*c\n• snake_case_name")
    assert.deepStrictEqual(fromMarkdown("``a`b`` **x `y` z**"), [
      code("a`b"),
      text(" "),
      bold("x "),
      code("y"),
      bold(" z")
    ])
  })

  it("shows a link with its address, and markup of pages as it was written", () => {
    assert.strictEqual(
      shown("see [the docs](https://a.b/c) and https://d.e"),
      "see the docs (https://a.b/c) and https://d.e"
    )
    assert.strictEqual(shown("[https://good.test](https://evil.test)"), "https://good.test (https://evil.test)")
    assert.strictEqual(shown("![shot](https://a.b/c.png)"), "shot (https://a.b/c.png)")
    assert.strictEqual(
      shown("a <b>bold</b> `&amp;`\n\n<script>x</script>"),
      "a <b>bold</b> &amp;\n\n<script>x</script>"
    )
    assert.strictEqual(shown("&lt;div&gt; &amp;lt; [x](http://a.b?c&amp;d)"), "<div> &lt; x (http://a.b?c&d)")
  })

  it("shows a table with its columns", () =>
    assert.deepStrictEqual(fromMarkdown("| a | b |\n|---|---|\n| 1 | 2 |"), [pre("| a | b |\n|---|---|\n| 1 | 2 |\n")]))

  it("that is too long is cut, and says so", () => {
    const long = shortened("word ".repeat(100_000), 4 * messageLimit, [text("… the rest elsewhere")])
    assert.isAtMost(split(long).length, 5)
    assert.isTrue(plain(long).endsWith("… the rest elsewhere"))
    assert.deepStrictEqual(shortened("short", 4 * messageLimit, [text("…")]), [text("short")])
  })

  for (const [name, source] of Object.entries(nested)) {
    it(`hostile (${name}) is shown, and all of it can be read`, () => {
      const spans = fromMarkdown(source)
      assert.strictEqual(read(write(spans)), plain(spans))
      assert.isAbove(plain(spans).trim().length, 0)
    })
  }
})
