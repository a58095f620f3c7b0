import { assert, describe, it } from "@effect/vitest"
import * as Arr from "effect/Array"
import * as Equal from "effect/Equal"
import * as Markdown from "../../../src/services/support/Markdown.ts"
import { markdown, nested } from "../../support/HostileMarkdown.ts"

/** How deep a value's arrays and objects go. */
const depth = (value: unknown): number =>
  typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0

const paragraph = (text: string): Markdown.Block => ({ _tag: "Paragraph", content: [{ _tag: "Text", text }] })

const verbatim = (text: string): Markdown.Block => ({ _tag: "Verbatim", text })

describe("markdown", () => {
  it("is read into blocks and marks", () => {
    assert.deepStrictEqual(
      Markdown.read("## Do **this**\n\n1. [x] `a`\n\n> q\n\n---\n[l](http://x) \\* ![i](j)  \nend"),
      [
        {
          _tag: "Heading",
          level: 2,
          content: [{ _tag: "Text", text: "Do " }, { _tag: "Strong", content: [{ _tag: "Text", text: "this" }] }]
        },
        {
          _tag: "List",
          start: 1,
          isLoose: false,
          items: [{ isChecked: true, blocks: [{ _tag: "Paragraph", content: [{ _tag: "Code", text: "a" }] }] }]
        },
        { _tag: "Quote", blocks: [paragraph("q")] },
        { _tag: "Rule" },
        {
          _tag: "Paragraph",
          content: [
            { _tag: "Link", url: "http://x", content: [{ _tag: "Text", text: "l" }] },
            { _tag: "Text", text: " " },
            { _tag: "Text", text: "*" },
            { _tag: "Text", text: " " },
            { _tag: "Image", text: "i", url: "j" },
            { _tag: "Break" },
            { _tag: "Text", text: "end" }
          ]
        }
      ]
    )
  })

  it("has tables, and code with its language", () => {
    const cell = (text: string): ReadonlyArray<Markdown.Inline> => [{ _tag: "Text", text }]
    assert.deepStrictEqual(Markdown.read("```ts\nlet a\n```\n\n|a|b|\n|-|-|\n|1|2|"), [
      { _tag: "CodeBlock", text: "let a", language: "ts" },
      { _tag: "Table", header: [cell("a"), cell("b")], rows: [[cell("1"), cell("2")]], source: "|a|b|\n|-|-|\n|1|2|" }
    ])
  })

  it("leaves pages' markup as text", () =>
    assert.deepStrictEqual(Markdown.read("<script>alert(1)</script>"), [verbatim("<script>alert(1)</script>")]))

  it.prop("is read whatever it is", [markdown], ([source]) => assert.isTrue(Arr.isArray(Markdown.read(source))))

  for (const [name, source] of Object.entries(nested)) {
    it(`hostile (${name}) is read, and not deep`, () => {
      assert.isBelow(depth(Markdown.read(source.slice(0, Markdown.longestText))), 60)
    })
  }

  it("keeps the outer levels of what is nested too deep, and what is within as it was written", () => {
    let [block] = Markdown.read(`${"> ".repeat(2000)}x`)
    let levels = 0
    while (block?._tag === "Quote") {
      block = block.blocks[0]
      levels++
    }
    assert.strictEqual(levels, 10)
    assert.isTrue(Equal.equals(JSON.stringify(block), JSON.stringify(paragraph(`${"> ".repeat(1990)}x`))))
  })

  it("leaves a paragraph with too many marks as it was written, and reads the others", () => {
    const many = "*a* ".repeat(1000).trimEnd()
    assert.deepStrictEqual(Markdown.read(`${many}\n\n*b*`), [
      paragraph(many),
      { _tag: "Paragraph", content: [{ _tag: "Emphasis", content: [{ _tag: "Text", text: "b" }] }] }
    ])
  })

  it("that is too long is left as it was written", () => {
    const source = "**a** ".repeat(10_000)
    assert.deepStrictEqual(Markdown.read(source), [verbatim(source)])
  })
})
