import { assert, describe, it } from "@effect/vitest"
import { parts } from "../../../src/services/git/GitDiff.ts"

describe("GitDiff", () => {
  it("reads git's list, statistics and patch apart", () => {
    const list = ":100644 100644 78 42 M\0a b\0:100644 100644 58 58 R100\0c\0: d\0"
    const stat = " a b      | 1 +\n c => : d | 0\n 2 files changed, 1 insertion(+)\n"
    const patch = "diff --git a/a b b/a b\n@@ -1 +1,2 @@\n a\n+\0\n"
    assert.deepStrictEqual(parts(`${list}${stat}\0${patch}`), { list, stat, patch })
  })

  it("reads nothing from nothing", () => assert.deepStrictEqual(parts(""), { list: "", stat: "", patch: "" }))

  it("takes a path that looks like a record for the path that it is", () => {
    const list = ":000000 100644 00 42 A\0:100644 100644 1 2 M\0"
    assert.deepStrictEqual(parts(`${list} x | 1 +\n\0diff`), { list, stat: " x | 1 +\n", patch: "diff" })
  })
})
