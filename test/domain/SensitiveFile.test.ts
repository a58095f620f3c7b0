import { assert, describe, it } from "@effect/vitest"
import * as Patch from "../../src/domain/Patch.ts"
import { sensitiveFiles } from "../../src/domain/SensitiveFile.ts"
import { added, binary, type Change, diffOf } from "../support/Patches.ts"

const found = (...changes: ReadonlyArray<Change>) => {
  const { changed, patch } = diffOf(changes)
  return sensitiveFiles(changed, Patch.sections(patch)).map(({ path, why }) => `${path}: ${why}`)
}

const text = (path: string, kind: Partial<Change> = {}) => added(path, "x", kind)
const changedMode = (previousMode: string, mode: string): Partial<Change> => ({ status: "changed", previousMode, mode })

describe("a file that needs a person's eye", () => {
  it("is none of the ordinary ones", () =>
    assert.deepStrictEqual(
      found(
        text("src/a.ts"),
        text("docs/workflows/ci.yml"),
        text("src/.github/workflows/ci.yml"),
        text("codeowners.md"),
        text("opentl/config.yml"),
        text("bin/run", changedMode("100755", "100755")),
        binary("logo.png", 1024 * 1024)
      ),
      []
    ))

  it("is one that acts by its name, wherever it came from or went", () => {
    for (
      const path of [
        ".github/workflows/ci.yml",
        ".github/workflows/deep/er.yaml",
        ".GitHub/Workflows/ci.yml",
        ".github/actions/build/action.yml",
        ".gitlab-ci.yml",
        ".opentl/config.yml",
        "CODEOWNERS",
        "docs/CODEOWNERS",
        ".github/CODEOWNERS",
        ".gitmodules",
        "src/.gitattributes"
      ]
    ) {
      assert.strictEqual(found(text(path)).length, 1, path)
      assert.strictEqual(found(text(path, changedMode("100644", "100644"))).length, 1, path)
      assert.strictEqual(found(text(path, { status: "deleted", mode: "000000" })).length, 1, path)
      assert.strictEqual(found(text("elsewhere", { status: "renamed", previousPath: path })).length, 1, path)
    }
  })

  it("is one that acts by its kind", () => {
    assert.deepStrictEqual(found(text("run", changedMode("100644", "100755"))), ["run: becomes executable"])
    assert.deepStrictEqual(found(text("run", { mode: "100755" })), ["run: added; becomes executable"])
    assert.deepStrictEqual(found(text("lib", { mode: "160000" })), [
      "lib: added; submodule: what it points to is not in the diff"
    ])
    assert.strictEqual(found(text("lib", { status: "deleted", mode: "000000", previousMode: "160000" })).length, 1)
    assert.deepStrictEqual(found(binary("big.bin", 1_572_864)), ["big.bin: added; binary of 1.5 MiB"])
    const differs = "diff --git a/db.bin b/db.bin\nindex 000..111 100644\nBinary files a/db.bin and b/db.bin differ\n"
    assert.deepStrictEqual(found({ path: "db.bin", status: "changed", text: differs }), [
      "db.bin: binary whose size the diff does not tell"
    ])
  })

  it("is a symbolic link, and it is said where it leads", () => {
    const link = (path: string, target: string) => found(added(path, target, { mode: "120000" }))[0]
    assert.strictEqual(link("a/b", "c.txt"), "a/b: added; symbolic link to c.txt")
    assert.strictEqual(link("a/b", "../c.txt"), "a/b: added; symbolic link to ../c.txt")
    for (const target of ["../../c.txt", "/etc/passwd", "x/../../../c", "../..", "./../../c"]) {
      assert.strictEqual(link("a/b", target), `a/b: added; symbolic link to ${target}, which is outside the repository`)
    }
  })

  it("is still one where the diff was cut before it", () => {
    const { changed } = diffOf([text(".github/workflows/ci.yml"), added("l", "x", { mode: "120000" })])
    assert.strictEqual(sensitiveFiles(changed, []).length, 2)
  })
})
