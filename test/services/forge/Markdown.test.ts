/** Other people's words on a page of GitHub's: seen as they are, and without effect. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { lexer, type Token, walkTokens } from "marked"
import { code, inline, neutralise, quote } from "../../../src/services/forge/Markdown.ts"

/** What a page makes of a text: the kinds of its parts, and what it looks at for names and numbers. */
const page = (markdown: string) => {
  const kinds = new Set<string>()
  const texts: Array<string> = []
  const tokens = lexer(markdown)
  walkTokens(tokens, (token: Token) => {
    kinds.add(token.type)
    if ((token.type === "text" || token.type === "escape") && !("tokens" in token && token.tokens !== undefined)) {
      texts.push(token.text)
    }
    // a part of its own: what stands before it and after it are not next to each other
    if (token.type === "codespan") texts.push(" ")
  })
  return { kinds, text: texts.join(""), definitions: Object.keys(tokens.links) }
}

/** The marks that GitHub acts upon, in text as it is after markdown. */
const acting = /@[\w-]|#\d|GH-\d|:\/\/|www\.|&#?\w+;/i

const assertInert = (markdown: string) => {
  const { definitions, kinds, text } = page(markdown)
  for (const kind of ["link", "image", "html", "def"]) assert.isFalse(kinds.has(kind), `${kind} in ${markdown}`)
  assert.deepStrictEqual(definitions, [], markdown)
  assert.notMatch(text, acting, markdown)
}

const visible = (text: string) => text.replaceAll("\u200b", "")

const acts = [
  "Fixes #1",
  "closes: #1",
  "Resolved acme/app#12",
  "fixes GH-1",
  "fixes gh-1",
  "fixes GH\\-1",
  "fixes \\#1",
  "closes https://github.com/acme/app/issues/1",
  "closes https\\://github.com/acme/app/issues/1",
  "closes https:\\//github.com/acme/app/pull/1#issuecomment-2",
  "closes [#1](https://github.com/acme/app/issues/1)",
  "closes <https://github.com/acme/app/issues/1>",
  "@octocat, @acme/team and @everyone",
  "\\@octocat",
  "&#64;octocat &commat;octocat &#x40;octocat fixes &#35;1 &num;1 GH&#45;1",
  "mail ada@example.com or <ada@example.com>",
  "www.example.com",
  "![a](https://evil.example/pixel.png)",
  "![a][b]\n\n[b]: https://evil.example/pixel.png",
  "![b]\n\n[b]: https://evil.example/pixel.png",
  "[b][]\n\n[b]:\n  https://evil.example",
  "[![a](https://a.example/x.svg)](https://b.example)",
  "[text](javascript:alert)",
  "<img src=\"https://evil.example/pixel.png\">",
  "<IMG src=x>",
  "<!-- hidden -->",
  "<details><summary>x</summary>hidden</details>",
  "<?php ?> <![CDATA[ x ]]> <!DOCTYPE x>",
  "[//]: # (hidden)",
  "[hidden]: <> 'words'",
  "text[^1]\n\n[^1]: hidden",
  "https://github.com/user-attachments/assets/0123"
]

describe("someone's words", () => {
  it("do nothing on a page", () => {
    for (const text of acts) {
      assertInert(quote(text))
      assertInert(`- ${inline(text)}`)
      assertInert(neutralise(text))
    }
  })

  it("would do something as they are, so this test sees it", () => {
    for (const text of acts) {
      const { definitions, kinds, text: seen } = page(text)
      const isActing = ["link", "image", "html", "def"].some((kind) => kinds.has(kind)) || definitions.length > 0 ||
        acting.test(seen) || /\[\^1\]|\[hidden\]/.test(text)
      assert.isTrue(isActing, text)
    }
  })

  it("are seen as they are", () => {
    for (const text of acts) assert.strictEqual(visible(neutralise(text)), text)
    const usual =
      "Fix the bug in `a[0] = x`:\n\n1. a & b, R&D\n2. 50 % of $HOME\n\n```ts\nconst a = 1\n```\n\n| a | b |\n| - | - |"
    assert.strictEqual(neutralise(usual), usual)
  })

  it("hide nothing: no invisible sign, no direction, no note beside a fence, no picture of code, no formula", () => {
    assert.strictEqual(
      neutralise("a\u202eb\u2066c\u200ed\u{e0041}e\u0007f\u001b[2Kg\u00adh\ufeffi\u2028j\rk\u3164l\ud800m"),
      "abcdef[2Kghi\nj\nkl\ufffdm"
    )
    for (const family of ["\u{1f468}\u200d\u{1f469}\u200d\u{1f467}", "\u0645\u06cc\u200c\u062e"]) {
      assert.strictEqual(neutralise(family), family)
    }
    assert.strictEqual(neutralise("```js this deletes production\nx\n```"), "```\n(js this deletes production)\nx\n```")
    assert.strictEqual(neutralise("~~~ `hidden`\nx\n~~~"), "~~~\n(`hidden`)\nx\n~~~")
    assert.strictEqual(neutralise("- ```mermaid\n  a\n  ```"), "- ```\n(mermaid)\n  a\n  ```")
    assert.strictEqual(neutralise("```c++\nx\n```"), "```c++\nx\n```")
    assert.strictEqual(neutralise("```a``` b"), "```a``` b")
    assert.notMatch(neutralise("$\\color{white}{hidden}$"), /\\c/)
    assert.notMatch(quote("[!NOTE]\nApproved"), /\[!/)
    assert.notMatch(neutralise("[skip ci] [ci skip] [no ci] [skip actions] ***NO_CI***"), /\[(skip|ci|no)|\*\*\*NO/)
  })

  it("hide nothing where they are cut, either", () => {
    // the cut falls just before the fence, which then stands at the beginning of a line
    const fence = `\`\`\`mermaid\n${"b".repeat(89)}`
    for (const before of ["a".repeat(300), `${"@a".repeat(30)}${"a".repeat(40)}`]) {
      const quoted = quote(`${before}${fence}`, 200)
      assert.match(quoted, /characters left out …\]\n/)
      assert.notMatch(quoted, /^> ```mermaid/m)
    }
  })

  it("stay in their quotation, line by line", () => {
    assert.strictEqual(quote("a\r\n\r\nb\n"), "> a\n>\n> b")
    const kinds = lexer(`${quote("```\nopen\n\n<!-- \n- x\n\n# y")}\n\nours`).map(({ type }) => type)
    assert.deepStrictEqual(kinds, ["blockquote", "space", "paragraph"])
  })

  it("mean nothing on a line either", () => {
    const { kinds } = page(`- ${inline("**a** \\*b\\* `c` ~~d~~ _e_\n# f\n- g")}`)
    for (const kind of ["strong", "em", "codespan", "del", "heading"]) assert.isFalse(kinds.has(kind), kind)
  })

  it("are code with whatever is in it", () => {
    for (const text of ["a.ts", "a`b", "`", "``", " a ", "a\nb", "@octocat #1", "a\u202eb", "", "x".repeat(5_000)]) {
      const shown = code(text)
      assert.isBelow(shown.length, 200)
      const [paragraph, ...more] = lexer(shown)
      assert.deepStrictEqual(more, [])
      assert.deepStrictEqual(
        paragraph?.type === "paragraph" ? paragraph.tokens?.map(({ type }) => type) : [],
        ["codespan"],
        shown
      )
    }
    assert.strictEqual(code("a\u202eb\n"), "`a\\u{202e}b\\u{a}`")
  })

  const pieces = [
    ...acts,
    ..."@#&<>![](){}:/\\`~$*_-.\n 1ax;^".split(""),
    "GH-",
    "http://",
    "://",
    "](",
    "]:",
    "```",
    "~~~mermaid",
    "\u200b",
    "\u202e",
    "&#64;"
  ]

  it("are not put together around code", () => {
    assertInert(quote("@```Fixes #1```Fixes #1"))
  })

  it.prop("do nothing, however they are put together and wherever they are cut, and once is for ever", [
    FastCheck.array(FastCheck.oneof(FastCheck.constantFrom(...pieces), FastCheck.string({ unit: "binary" })), {
      maxLength: 30
    }),
    FastCheck.integer({ min: 10, max: 200 })
  ], ([parts, limit]) => {
    const text = parts.join("")
    assert.strictEqual(neutralise(neutralise(text)), neutralise(text))
    assertInert(quote(text))
    assertInert(quote(text, limit))
    assertInert(`- ${inline(text, limit)}`)
  })
})
