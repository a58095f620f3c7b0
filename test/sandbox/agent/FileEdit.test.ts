import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { replaceOnce, viewLines } from "../../../sandbox/agent/FileEdit.ts"

const left = (result: Either.Either<string, string>) => Either.getOrThrow(Either.flip(result))
const right = Either.getOrThrow<string, string>

const letters = FastCheck.string({ unit: FastCheck.constantFrom("a", "b", "\n", "$", "&"), maxLength: 12 })

describe("FileEdit", () => {
  it.prop(
    "replaces what stands there once, and nothing else",
    { before: letters, after: letters, new: letters },
    (text) => {
      const replaced = replaceOnce(`${text.before}OLD${text.after}`, "OLD", text.new)
      assert.deepStrictEqual(replaced, Either.right(`${text.before}${text.new}${text.after}`))
    }
  )

  it("refuses what is not unique, and says where it stands", () => {
    const places = "The text to replace stands in 2 places (lines 1, 3). Add lines around it until it is unique."
    assert.strictEqual(left(replaceOnce("a\nb\na\n", "a", "c")), places)
  })

  it("refuses what is not there, and says when only white space differs", () => {
    assert.include(left(replaceOnce("  if (x) {\n    y()\n", "if (x) {\n  y()", "z")), "only with other white space")
    assert.include(left(replaceOnce("a", "b", "c")), "is not in the file")
    assert.include(left(replaceOnce("a", "", "c")), "`old` is empty")
    assert.include(left(replaceOnce("a", "a", "a")), "the same")
  })

  it("keeps the line ends of a file with CRLF", () => {
    assert.strictEqual(right(replaceOnce("a\r\nb\r\nc\r\n", "a\nb", "x\ny\nz")), "x\r\ny\r\nz\r\nc\r\n")
    assert.include(left(replaceOnce("a\r\nb\r\n", "b\na", "c")), "is not in the file")
  })

  it("views lines with their numbers", () => {
    assert.strictEqual(right(viewLines("a\nb\nc\n", 2, Infinity)), "     2  b\n     3  c")
    assert.strictEqual(right(viewLines("a\nb\nc", 1, 1)), "     1  a")
    assert.strictEqual(right(viewLines("", 1, Infinity)), "(the file is empty)")
    assert.strictEqual(left(viewLines("a\n", 2, 3)), "The file has only 1 lines.")
    assert.strictEqual(left(viewLines("a\nb\nc\n", 3, 2)), "Line 2 is before line 3.")
  })
})
