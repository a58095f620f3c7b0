import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { fileList, keyFiles, overview } from "../../../src/services/git/GitOverview.ts"

describe("GitOverview", () => {
  it("picks the readme and the files that tell how a repository is built, from its root", () => {
    const paths = ["Makefile", "docs/README.md", "lib/package.json", "package.json", "readme.rst", "src/a.ts"]
    assert.deepStrictEqual(keyFiles(paths), ["readme.rst", "package.json", "Makefile"])
    assert.deepStrictEqual(keyFiles(["docs/README.md", "src/README.md"]), ["docs/README.md"])
  })

  it("folds deep directories where the whole list is too long", () => {
    const paths = Array.from({ length: 50 }, (_, i) => `src/deep/down/here/file-${i}.ts`)
    const list = fileList(["README.md", ...paths], 100)
    assert.strictEqual(list, "README.md\nsrc/deep/down/here/ (50 files)")
    assert.strictEqual(fileList(["a.ts", "b/c.ts"], 100), "a.ts\nb/c.ts")
  })

  it("shows the names, and the heads of the key files", () => {
    const text = overview(["README.md", "a.ts"], [{ path: "README.md", text: `# Hello\n${"x".repeat(5_000)}` }], 1_000)
    assert.isTrue(text.startsWith("Files (2):\nREADME.md\na.ts\n\nREADME.md:\n# Hello\n"))
    assert.include(text, "characters left out")
  })

  it.prop("keeps to about its limit", [
    FastCheck.array(FastCheck.stringMatching(/^[a-z/]{1,40}$/), { maxLength: 300 }),
    FastCheck.array(FastCheck.string({ maxLength: 2_000 }), { maxLength: 8 }),
    FastCheck.integer({ min: 500, max: 4_000 })
  ], ([paths, texts, limit]) => {
    const text = overview(paths, texts.map((text, i) => ({ path: `f${i}`, text })), limit)
    assert.isAtMost(text.length, limit + 60)
  })
})
