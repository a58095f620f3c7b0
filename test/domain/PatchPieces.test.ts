import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Patch from "../../src/domain/Patch.ts"
import { type Lines, pieces, rawHunks } from "../../src/domain/PatchPieces.ts"
import { binary } from "../support/Patches.ts"

const only = (patch: string): Patch.PatchSection => {
  const [section] = Patch.sections(patch)
  assert.isDefined(section)
  return section
}

/** A line with its place: `-3 text`, `+4 text`, ` 3,4 text`. */
const placedLines = (patch: string): ReadonlyArray<string> =>
  Patch.sections(patch).flatMap(rawHunks).flatMap((hunk) => {
    const first = ({ count, start }: Lines) => count === 0 ? start + 1 : start
    let old = first(hunk.old)
    let now = first(hunk.now)
    return hunk.lines.map((line) =>
      line.startsWith("-")
        ? `-${old++} ${line.slice(1)}`
        : line.startsWith("+")
        ? `+${now++} ${line.slice(1)}`
        : ` ${old++},${now++} ${line.slice(1)}`
    )
  })

const opening = "diff --git a/a.ts b/a.ts\nindex 000..111 100644\n--- a/a.ts\n+++ b/a.ts\n"

const line = FastCheck.tuple(
  FastCheck.constantFrom("+", "-", " "),
  FastCheck.oneof(
    FastCheck.string({ maxLength: 60 }).map((text) => text.replaceAll("\n", "")),
    FastCheck.constantFrom("@@ -1,2 +1,2 @@", "diff --git a/b b/b", "", "\\", "-- a/x", "++ b/x")
  ),
  FastCheck.boolean()
).map(([mark, text, lacksEnd]) => `${mark}${text}\n${lacksEnd ? "\\ No newline at end of file\n" : ""}`)

/** A patch of one file with these hunks, a few lines apart. */
const patchOf = (hunks: ReadonlyArray<ReadonlyArray<string>>): string => {
  let old = 1
  let now = 1
  const texts = hunks.map((lines) => {
    const count = (mark: string) => lines.filter((line) => line.startsWith(mark) || line.startsWith(" ")).length
    const [oldCount, nowCount] = [count("-"), count("+")]
    const head = `@@ -${oldCount === 0 ? old - 1 : old},${oldCount} +${
      nowCount === 0 ? now - 1 : now
    },${nowCount} @@ f\n`
    old += oldCount + 3
    now += nowCount + 3
    return `${head}${lines.join("")}`
  })
  return `${opening}${texts.join("")}`
}

describe("a section of a patch in pieces", () => {
  it.prop("has every line once, in order, at its place, whatever the limit", [
    FastCheck.array(FastCheck.array(line, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 5 }),
    FastCheck.integer({ min: 300, max: 3_000 })
  ], ([hunks, limit]) => {
    const patch = patchOf(hunks)
    const found = pieces(only(patch), limit)
    assert.deepStrictEqual(found.flatMap(({ text }) => placedLines(text)), placedLines(patch))
    assert.strictEqual(placedLines(patch).length, hunks.flat().length)
    for (const { isWhole, text } of found) {
      assert.isTrue(isWhole)
      assert.isTrue(text.startsWith(opening))
      assert.isAtMost(text.length, Math.max(limit, 200 + opening.length))
      assert.isTrue(only(text).isWhole)
    }
  })

  it("keeps a hunk in one piece where that has room for it, with its first line as it is", () => {
    const lines = Array.from({ length: 10 }, (_, i) => `+line ${i}\n`)
    const found = pieces(only(patchOf([lines, lines, lines])), 350)
    assert.strictEqual(found.length, 2)
    assert.strictEqual(found.map(({ text }) => text.split(" @@ f\n").length - 1).join(), "2,1")
  })

  it("is itself where it fits", () => {
    const patch = patchOf([["+a\n"]])
    assert.deepStrictEqual(pieces(only(patch), patch.length), [{ text: patch, isWhole: true }])
  })

  it("cuts a line that is longer than a piece, and no other", () => {
    const found = pieces(only(patchOf([["+a\n", `+${"x".repeat(5_000)}\n`, "+b\n"]])), 1_000)
    assert.deepStrictEqual(found.map(({ isWhole }) => isWhole).filter((isWhole) => !isWhole), [false])
    const text = found.map(({ text }) => text).join("")
    for (const shown of ["+a\n", "+b\n", "characters left out"]) assert.include(text, shown)
    for (const piece of found) {
      assert.isAtMost(piece.text.length, 1_000)
      assert.isTrue(only(piece.text).isWhole)
    }
  })

  it("says of a binary file that it is one", () => {
    const { text } = binary("a.png", 10)
    assert.deepStrictEqual(pieces(only(text), 10), [{
      text: `${only(text).header}[binary, not shown]\n`,
      isWhole: true
    }])
  })
})
