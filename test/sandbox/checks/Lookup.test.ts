/** Which program a check begins with. */
import { assert, describe, it } from "@effect/vitest"
import { programOf } from "../../../sandbox/checks/Lookup.ts"

describe("the program of a shell line", () => {
  it("is its first word, behind what it sets for it", () => {
    assert.strictEqual(programOf("cargo test"), "cargo")
    assert.strictEqual(programOf("  CI=1 RUST_LOG=a,b cargo test && echo"), "cargo")
    assert.strictEqual(programOf("python3 -m pytest"), "python3")
    assert.strictEqual(programOf("go"), "go")
  })

  it("is not known where it is a file, or the shell's matter", () => {
    for (
      const line of [
        "./check.sh",
        "bin/check",
        "(cargo test)",
        "PATH=bin check",
        "A=$(b) check",
        "$CHECK",
        "check; true",
        ""
      ]
    ) assert.isUndefined(programOf(line), line)
  })
})
