import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { escape, parse } from "../../src/domain/SandboxMarker.ts"

describe("marker lines", () => {
  it("are read as in the original", () => {
    assert.deepStrictEqual({ ...parse("###OPENTL_STATUS### Cloning") }, { _tag: "Status", text: "Cloning" })
    assert.deepStrictEqual({ ...parse("###OPENTL_ERROR### no disk") }, { _tag: "Error", text: "no disk" })
    assert.strictEqual(parse("###OPENTL_DONE### opentl/x")._tag, "Done")
  })

  it("anywhere else in a line are output", () => {
    for (
      const line of ["x ###OPENTL_DONE### y", " ###OPENTL_STATUS### x", "###OPENTL_OTHER### x", "###OPENTL_DONE###x"]
    ) {
      assert.deepStrictEqual({ ...parse(line) }, { _tag: "Output", text: line })
    }
  })

  it("of a program are its output, letter by letter", () =>
    FastCheck.assert(FastCheck.property(
      FastCheck.tuple(
        FastCheck.constantFrom("", "\\", "\\\\"),
        FastCheck.constantFrom("###OPENTL_DONE### ", "###OPENTL_", ""),
        FastCheck.string()
      ),
      (parts) => {
        const line = parts.join("").replaceAll("\n", "")
        assert.deepStrictEqual({ ...parse(escape(line)) }, { _tag: "Output", text: line })
      }
    )))
})
