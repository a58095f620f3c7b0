import { assert, describe, it } from "@effect/vitest"
import * as FindingPlaces from "../../src/domain/FindingPlaces.ts"
import * as Patch from "../../src/domain/Patch.ts"
import { added, diffOf } from "../support/Patches.ts"

const diff = diffOf([
  added("src/a.ts", "one\ntwo"),
  added("src/cli/index.ts", "x"),
  added("src/http/index.ts", "x"),
  added("b/c.ts", "x"),
  { ...added("new/name.ts", "x"), previousPath: "old/name.ts", status: "renamed" },
  {
    path: "changed.ts",
    status: "changed",
    text: "diff --git a/changed.ts b/changed.ts\n--- a/changed.ts\n+++ b/changed.ts\n@@ -10,3 +20,2 @@\n a\n-b\n c\n" +
      "@@ -40 +49,0 @@\n-gone\n"
  },
  {
    path: "gone.ts",
    status: "deleted",
    text:
      "diff --git a/gone.ts b/gone.ts\ndeleted file mode 100644\n--- a/gone.ts\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n"
  }
])
const places = FindingPlaces.placesOf({ changed: diff.changed, sections: Patch.sections(diff.patch) })

/** Where a finding that names this place is; `undefined` if it is dropped. */
const placeOf = (file: string | undefined, line?: number): string | undefined => {
  const { dropped, findings } = FindingPlaces.inDiff(places, [{
    comment: "wrong",
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line })
  }])
  assert.strictEqual(findings.length + dropped, 1)
  return findings.map((finding) => `${finding.file ?? ""}:${finding.line ?? ""}`)[0]
}

describe("a reviewer's finding", () => {
  it("is about a changed file, by its path or what else means it", () => {
    for (
      const name of [
        "src/a.ts",
        "a/src/a.ts",
        "b/src/a.ts",
        "./src/a.ts",
        "/src/a.ts",
        ".//src/a.ts",
        "a.ts",
        " src/a.ts "
      ]
    ) assert.strictEqual(placeOf(name, 2), "src/a.ts:2", name)
    for (const name of ["src/a.ts:2", "src/a.ts:2-9", "a/src/a.ts:2:7"]) {
      assert.strictEqual(placeOf(name), "src/a.ts:2", name)
    }
    assert.strictEqual(placeOf("cli/index.ts"), "src/cli/index.ts:")
    assert.strictEqual(placeOf("b/c.ts"), "b/c.ts:")
    assert.strictEqual(placeOf("old/name.ts", 1), "new/name.ts:1")
  })

  it("is dropped where it names a file that is not changed, or one of several", () => {
    for (const name of ["index.ts", "src/b.ts", "rc/a.ts", "src/a.tsx", "../src/a.ts", "src", "/", "src/b.ts:2"]) {
      assert.isUndefined(placeOf(name, 1), name)
    }
  })

  it("keeps a line of the new version that the diff shows, and loses any other", () => {
    const kept = (file: string) =>
      [0, 1, 2, 3, 19, 20, 21, 22, 49].filter((line) => placeOf(file, line) === `${file}:${line}`)
    assert.deepStrictEqual(kept("src/a.ts"), [1, 2])
    assert.deepStrictEqual(kept("changed.ts"), [20, 21])
    assert.deepStrictEqual(kept("gone.ts"), [1, 2])
    assert.strictEqual(placeOf("src/a.ts", -1), "src/a.ts:")
  })

  it("may be about the change as a whole", () => {
    assert.strictEqual(placeOf(undefined, 3), ":")
    assert.strictEqual(placeOf(" "), ":")
  })

  it("is counted when it is dropped", () => {
    const comment = "wrong"
    assert.deepStrictEqual(
      FindingPlaces.inDiff(places, [{ comment, file: "no.ts" }, { comment, file: "src/a.ts" }, { comment, file: "x" }]),
      { findings: [{ comment, file: "src/a.ts" }], dropped: 2 }
    )
  })
})
