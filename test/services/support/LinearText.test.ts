/** The time that a function takes for untrusted text grows linearly with its length, whatever the text contains. */
import { assert, describe, it } from "@effect/vitest"
import * as Invisible from "../../../src/domain/Invisible.ts"
import * as Patch from "../../../src/domain/Patch.ts"
import * as PatchPieces from "../../../src/domain/PatchPieces.ts"
import * as Review from "../../../src/domain/Review.ts"
import { inline, quote } from "../../../src/services/forge/Markdown.ts"
import * as JsonText from "../../../src/services/model/JsonText.ts"
import { patchParts } from "../../../src/services/model/PatchParts.ts"
import { fence } from "../../../src/services/model/PromptText.ts"
import { excerpt } from "../../../src/services/support/Excerpt.ts"
import { isLinear } from "../../support/Growth.ts"
import { added, diffOf } from "../../support/Patches.ts"

const pieces = [
  "a",
  " ",
  "\n",
  "- item\n",
  "@a",
  "#1 ",
  "[",
  "](",
  "[!",
  "&",
  "&#",
  "<",
  "`",
  "```",
  "```\n",
  "``` `",
  "~~~ a b\n",
  "> ",
  "1. ",
  "\\",
  "$\\a",
  ":/",
  "www",
  "GH\\",
  "\r",
  "\u202e",
  "{",
  "\"",
  "\\\"",
  "{\"a\":",
  "[0,"
]

/** Each piece repeated alone, and between a start and an end that a regular expression might try to match. */
const shapes = [
  ...pieces.map((piece) => ["", piece, ""] as const),
  ...[" ", "\t", "a", ">", "1", "~"].map((piece) => ["```", piece, "`"] as const),
  ...[" ", "a", "1"].flatMap((piece) => [["&#", piece, "!"], ["\n", piece, "!"], ["[", piece, "]"]] as const)
]

const texts = {
  reveal: Invisible.reveal,
  quote,
  inline: (text: string) => inline(text, Infinity),
  excerpt: (text: string) => excerpt(text, 10_000),
  fence: (text: string) => fence("data-1", "x", text),
  object: (text: string) => JsonText.object(text, Infinity),
  fenced: (text: string) => JsonText.object(`\`\`\`json\n${text}\n\`\`\``, Infinity),
  sections: Patch.sections,
  hunks: (text: string) => Patch.sections(`diff --git a/a b/a\n@@ -1 +1 @@\n${text}`),
  pieces: (text: string) =>
    Patch.sections(`diff --git a/a b/a\n@@ -1,9999999 +1,9999999 @@\n${text}`).map((section) =>
      PatchPieces.pieces(section, 1_000)
    ),
  names: (text: string) => Patch.sections(`diff --git "a/${text}" "b/${text}"\n+++ "b/${text}"\n`)
}

describe("the work on a text", () => {
  for (const [name, work] of Object.entries(texts)) {
    it(`grows like its length: ${name}`, () => {
      for (const [before, piece, after] of shapes) {
        const text = (size: number) => `${before}${piece.repeat(size / piece.length)}${after}`
        assert.isTrue(isLinear((size) => work(text(size)), 5_000), JSON.stringify([before, piece, after]))
      }
    })
  }
})

describe("the work on a list", () => {
  const findings = (length: number) => Array.from({ length }, (_, i) => ({ file: `f${i}`, line: i, comment: "wrong" }))
  const answer = (size: number) => ({ verdict: "request_changes", summary: "bad", findings: findings(size) })

  it("grows like its length: findings of a review", () => {
    const review = (size: number) => Review.fromAnswer({ ...answer(size), verdict: "request_changes" }, undefined)
    assert.isTrue(isLinear((size) => Review.show(review(size)), 5_000))
    assert.isTrue(isLinear((size) => JsonText.object(JSON.stringify(answer(size)), Infinity), 5_000))
  })

  it("grows like its length: files of a diff", () => {
    const diff = (size: number) => diffOf(Array.from({ length: size }, (_, i) => added(`f${i}.ts`, "x")))
    assert.isTrue(isLinear((size) => patchParts(diff(size), { part: 10_000, parts: 40 }), 1_000))
    assert.isTrue(isLinear((size) => patchParts(diff(size), { part: Infinity, parts: 1 }), 1_000))
  })
})
