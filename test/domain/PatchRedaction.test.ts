import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import type { Gate } from "../../src/domain/Gate.ts"
import { withoutSecrets } from "../../src/domain/PatchRedaction.ts"

/** A new file's patch. */
const added = (path: string, lines: ReadonlyArray<string>) =>
  `diff --git a/${path} b/${path}\nnew file mode 100644\nindex 0000000..1111111\n--- /dev/null\n+++ b/${path}\n` +
  `@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}\n`).join("")}`

const gate = (...places: ReadonlyArray<readonly [file: string, line: number]>): Gate => ({
  secrets: places.map(([file, line]) => ({ rule: "github", file, line }))
})

const leftOut = "(a line with a secret was left out)"

describe("a patch for people", () => {
  it("without secrets is as it was", () => {
    const patch = added("a.txt", ["one", "two"])
    assert.strictEqual(withoutSecrets(patch, { secrets: [] }), patch)
  })

  it("has none of the lines with secrets, and all others", () => {
    const lines = FastCheck.array(FastCheck.string({ unit: "grapheme-ascii" }), { minLength: 1, maxLength: 8 })
    FastCheck.assert(FastCheck.property(lines, FastCheck.nat({ max: 7 }), (lines, n) => {
      const at = n % lines.length
      const patch = added("a.txt", lines.map((line, i) => i === at ? `the secret ${line}` : line)) +
        added("b.txt", lines)
      const expected = added("a.txt", lines.map((line, i) => i === at ? leftOut : line)) + added("b.txt", lines)
      assert.strictEqual(withoutSecrets(patch, gate(["a.txt", at + 1])), expected)
    }))
  })

  it("has nothing of a private key, which is found at its first line", () => {
    const begin = ["-----BEGIN", "RSA PRIVATE KEY-----"].join(" ")
    const end = ["-----END", "RSA PRIVATE KEY-----"].join(" ")
    const patch = added("key.pem", ["# a key", begin, "MIIE", "pAIB", end, "after"])
    assert.strictEqual(
      withoutSecrets(patch, gate(["key.pem", 2])),
      added("key.pem", ["# a key", leftOut, leftOut, leftOut, leftOut, "after"])
    )
  })

  it("shows nothing of a binary file with a secret", () => {
    const head = "diff --git a/x b/x\nnew file mode 100644\nindex 0000000..1111111\n"
    const patch = `${head}GIT binary patch\nliteral 3\nKc$secret\n\nliteral 0\nHc$\n\n`
    assert.strictEqual(withoutSecrets(patch, gate(["x", 1])), `${head}${leftOut}\n`)
  })

  it("is not shown at all where it is not known in which file a secret is", () => {
    const patch = added("a.txt", ["one"])
    for (const found of [gate(["another.txt", 1]), { ...gate(["a.txt", 1]), more: 3 }]) {
      assert.strictEqual(withoutSecrets(patch, found), "# The diff is not shown: there are secrets in it.\n")
    }
  })
})
