import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import type { Diff } from "../../../src/domain/Diff.ts"
import * as Patch from "../../../src/domain/Patch.ts"
import { hunks } from "../../../src/domain/PatchLines.ts"
import * as Unseen from "../../../src/domain/Unseen.ts"
import { patchParts } from "../../../src/services/model/PatchParts.ts"
import { added, binary, type Change, diffOf } from "../../support/Patches.ts"

const limit = 5_000

/** What there is room for in one part. */
const patchExcerpt = (diff: Pick<Diff, "changed" | "files" | "patch">, part: number) => {
  const { parts: [{ text }], unseen } = patchParts(diff, { part, parts: 1 })
  return { text, unseen }
}
const sized = (path: string, size: number, kind = {}) => added(path, "x".repeat(size), kind)
const show = (...changes: ReadonlyArray<Change>) => patchExcerpt(diffOf(changes), limit)
const unseen = (...changes: ReadonlyArray<Change>) =>
  show(...changes).unseen?.files.map(({ file, why }) => `${file}: ${why}`) ?? []

describe("what of a diff a reviewer is shown", () => {
  it("is all of it, where it fits", () => {
    const changes = [sized("a.ts", 100), sized("b.ts", 100)]
    assert.deepStrictEqual(show(...changes), { text: diffOf(changes).patch, unseen: undefined })
  })

  it("is a small file between two large ones, in the place where it stands", () => {
    const door = added("src/login.ts", "if (password === \"letmein\") return true")
    const { text } = show(sized("a.json", 6_000), door, sized("z.json", 4_000))
    assert.include(text, door.text)
    assert.isBelow(text.indexOf(door.text), text.indexOf("b/z.json"))
    assert.deepStrictEqual(unseen(sized("a.json", 6_000), door, sized("z.json", 4_000)), ["a.json: left_out"])
  })

  it("does not depend on where a file stands, or is called", () => {
    const paddings = Array.from({ length: 12 }, (_, i) => sized(`${i}.ts`, 700))
    const door = sized("src/login.ts", 600)
    for (const at of [0, 3, 12]) {
      assert.include(show(...paddings.slice(0, at), door, ...paddings.slice(at)).text, door.text)
    }
  })

  it("are files that act beyond the code first, and generated ones last", () => {
    const workflow = sized(".github/workflows/ci.yml", 3_000)
    const script = sized("bin/run", 1_500, { mode: "100755" })
    const changes = [sized("a.ts", 1_000), workflow, script, sized("package-lock.json", 200)]
    const { text } = show(...changes)
    for (const { text: shown } of [workflow, script]) assert.include(text, shown)
    assert.deepStrictEqual(unseen(...changes), ["a.ts: left_out", "package-lock.json: left_out"])
    assert.deepStrictEqual(unseen(sized("a.ts", 4_500), sized("dist/a.js", 400)), ["dist/a.js: left_out"])
  })

  it("is what still fits beside a file that does not, however much that one matters", () => {
    const changes = [sized(".github/workflows/ci.yml", 9_000), sized("a.ts", 1_000), sized("yarn.lock", 1_000)]
    assert.deepStrictEqual(unseen(...changes), [".github/workflows/ci.yml: left_out"])
  })

  it("is a part of a file where none fits", () => {
    const { text, unseen: missing } = show(sized("a.ts", 9_000), sized("b.ts", 8_000))
    assert.isBelow(text.length, limit + 100)
    assert.include(text, "characters left out")
    assert.deepStrictEqual(missing?.files, [{ file: "a.ts", why: "left_out" }, { file: "b.ts", why: "cut" }])
  })

  it("is no binary file: a small picture is named, anything else holds the approval back", () => {
    const picture = show(binary("logo.png", 4_000))
    assert.notInclude(picture.text, "zcmZQz")
    assert.include(picture.text, "diff --git a/logo.png b/logo.png")
    assert.deepStrictEqual(picture.unseen, { total: 1, media: 1, files: [{ file: "logo.png", why: "media" }] })
    assert.isFalse(Unseen.holdsBack(picture.unseen))
    for (
      const file of [
        binary("lib/tool.so", 4_000),
        binary("a.ts", 4_000),
        binary("logo.png", 2_000_000),
        binary("logo.png", 4_000, { mode: "100755" }),
        binary("png", 4_000)
      ]
    ) {
      assert.deepStrictEqual(unseen(file), [`${file.path}: binary`])
      assert.isTrue(Unseen.holdsBack(show(file).unseen))
    }
  })

  it("is that a binary file is gone: there is no more to see", () => {
    assert.isUndefined(show(binary("a.so", 10, { status: "deleted", mode: "000000", previousMode: "100644" })).unseen)
  })

  it("is not what the diff itself had no room for, which is named from git's list", () => {
    const whole = diffOf([sized("a.ts", 10), sized("b.ts", 10), sized("c.ts", 10)])
    const cut = patchExcerpt({ ...whole, patch: whole.patch.slice(0, whole.patch.indexOf("diff --git a/c.ts")) }, limit)
    assert.deepStrictEqual(cut.unseen, { total: 1, media: 0, files: [{ file: "c.ts", why: "left_out" }] })
    const middle = patchExcerpt({ ...whole, patch: whole.patch.slice(0, -5) }, limit)
    assert.deepStrictEqual(middle.unseen?.files, [{ file: "c.ts", why: "cut" }])
    const unnamed = patchExcerpt({ ...whole, files: 9 }, limit)
    assert.deepStrictEqual(unnamed.unseen, { total: 6, media: 0, files: [] })
  })

  it("is nothing that counts where the diff cannot be read", () => {
    const { text, unseen } = patchExcerpt({ ...diffOf([sized("a.ts", 10)]), patch: "no diff" }, limit)
    assert.strictEqual(text, "no diff")
    assert.deepStrictEqual(unseen?.files, [{ file: "a.ts", why: "left_out" }])
  })

  it("is all of a long diff in several parts, in its order, where they are enough", () => {
    const changes = Array.from({ length: 9 }, (_, i) => sized(`f${i}.ts`, 2_000))
    const { parts, unseen } = patchParts(diffOf(changes), { part: limit, parts: 40 })
    assert.deepStrictEqual(parts.map(({ files }) => files.join()), [
      "f0.ts,f1.ts",
      "f2.ts,f3.ts",
      "f4.ts,f5.ts",
      "f6.ts,f7.ts",
      "f8.ts"
    ])
    assert.strictEqual(parts.map(({ text }) => text).join(""), diffOf(changes).patch)
    assert.isUndefined(unseen)
  })

  it("is beyond that what matters most, and names the rest", () => {
    const long = added("long.ts", "a line of some length\n".repeat(1_000))
    const changes = [sized("a.ts", 3_000), long, sized("yarn.lock", 3_000), sized(".github/workflows/ci.yml", 3_000)]
    const { parts, unseen } = patchParts(diffOf(changes), { part: limit, parts: 3 })
    assert.deepStrictEqual(parts.map(({ files }) => files.join()), [".github/workflows/ci.yml", "a.ts", "long.ts"])
    assert.deepStrictEqual(unseen?.files, [{ file: "long.ts", why: "cut" }, { file: "yarn.lock", why: "left_out" }])
  })

  it.prop("is every line of every file once, in parts within the limit", [
    FastCheck.array(FastCheck.array(FastCheck.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 60 }), {
      minLength: 1,
      maxLength: 20
    }),
    FastCheck.integer({ min: 700, max: 20_000 })
  ], ([files, part]) => {
    const changes = files.map((lines, i) =>
      added(`f${i}.ts`, lines.map((length, n) => `${n}:${"x".repeat(length)}`).join("\n"))
    )
    const { parts, unseen } = patchParts(diffOf(changes), { part, parts: Infinity })
    assert.isUndefined(unseen)
    for (const { text } of parts) assert.isAtMost(text.length, part)
    const linesOf = (patch: string) =>
      Patch.sections(patch).flatMap((section) =>
        hunks(section).flat().map(({ line, text }) => `${section.path} ${line} ${text}`)
      )
    assert.deepStrictEqual(parts.flatMap(({ text }) => linesOf(text)), linesOf(diffOf(changes).patch))
  })

  it.prop("is within the limit, the same each time, and each file is in it whole or named", [
    FastCheck.array(FastCheck.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 20 }),
    FastCheck.integer({ min: 500, max: 20_000 })
  ], ([sizes, room]) => {
    const changes = sizes.map((size, i) => sized(`f${i}.ts`, size))
    const { text, unseen } = patchExcerpt(diffOf(changes), room)
    assert.isAtMost(text.length, room + 100)
    assert.deepStrictEqual(patchExcerpt(diffOf(changes), room), { text, unseen })
    for (const change of changes) {
      const isNamed = unseen?.files.some(({ file }) => file === change.path) ?? false
      assert.strictEqual(text.includes(change.text), !isNamed)
    }
  })
})
