import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { bold, code, cut, link, plain, pre, type Rich, text } from "../../../src/services/support/RichText.ts"
import { escape, isBlank, split, write } from "../../../src/services/telegram/TelegramText.ts"
import { parseMarkdown, reservedCharacters } from "../../standins/telegram/TelegramMarkdown.ts"

/** Text with everything that needs escaping or counting: reserved characters, backslashes, line ends, emoji, code. */
const nasty = FastCheck.string({
  unit: FastCheck.constantFrom(...reservedCharacters, "\\", "\n", "a", "ü", "🚀", "👩‍💻", " ", "\n\n", "x y"),
  maxLength: 60
})
const span = FastCheck.oneof(
  nasty.map(text),
  nasty.map(bold),
  nasty.map((words) => ({ mark: "italic" as const, text: words })),
  nasty.map((words) => ({ mark: "strike" as const, text: words })),
  nasty.map(code),
  nasty.map(pre),
  nasty.map((words) => link(words, "https://example.com/a_(b)\\c?d=e"))
)
const rich: FastCheck.Arbitrary<Rich> = FastCheck.array(span, { maxLength: 8 })

const read = (source: string) =>
  Either.match(parseMarkdown(source), {
    onLeft: ({ reason }) => assert.fail(`${reason} in ${JSON.stringify(source)}`),
    onRight: (formatted) => formatted.text
  })

describe("MarkdownV2", () => {
  it.prop("an escaped text is read as it was", [nasty], ([words]) => {
    assert.strictEqual(read(escape(words)), words)
  })

  it.prop("marked text is read as its text", [rich], ([spans]) => {
    assert.strictEqual(read(write(spans)), plain(spans))
  })

  it("marks are the ones that were meant", () => {
    const parsed = parseMarkdown(write([bold("a.b"), text(" "), code("x`y\\"), link("here", "https://a.b/c)d")]))
    assert.deepStrictEqual(Either.getOrUndefined(parsed), {
      text: "a.b x`y\\here",
      entities: [
        { type: "bold", offset: 0, length: 3 },
        { type: "code", offset: 4, length: 4 },
        { type: "text_link", offset: 8, length: 4, url: "https://a.b/c)d" }
      ]
    })
  })

  it.prop("pieces are the text, fit, and can be read each by itself", [rich, FastCheck.integer({ min: 2, max: 70 })], (
    [spans, limit]
  ) => {
    const pieces = split(spans, limit)
    assert.strictEqual(pieces.map(plain).join(""), plain(spans))
    for (const piece of pieces) {
      assert.isAtMost(plain(piece).length, limit)
      assert.isAbove(plain(piece).length, 0)
      assert.strictEqual(read(write(piece)), plain(piece))
      assert.notMatch(plain(piece), /^[\udc00-\udfff]|[\ud800-\udbff]$/)
    }
  })

  it("a long text is cut at line ends, and where there is none at the limit", () => {
    const lines = `${"a".repeat(3000)}\n${"b".repeat(3000)}\n${"🚀".repeat(3000)}`
    const pieces = split([text(lines)])
    assert.deepStrictEqual(pieces.map((piece) => plain(piece).length), [3001, 3001, 4096, 1904])
  })

  it("a text whose marks make it too long for a request is cut earlier", () => {
    const pieces = split([text("ü.".repeat(2048)), code("\\".repeat(9000))])
    assert.strictEqual(pieces.map(plain).join("").length, 13_096)
    for (const piece of pieces) assert.isAtMost(new TextEncoder().encode(write(piece)).length, 32_768)
  })

  it("a cut text keeps its code points and says that it was cut", () => {
    assert.strictEqual(cut("🚀🚀🚀", 4), "🚀…")
    assert.strictEqual(cut("abc", 3), "abc")
  })

  it("white space is nothing to be seen", () => assert.isTrue(isBlank([text(" \n"), bold("")])))
})
