import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Patch from "../../src/domain/Patch.ts"
import { added, binary, diffOf } from "../support/Patches.ts"

const patch = (...changes: Parameters<typeof diffOf>[0]) => diffOf(changes).patch

describe("the sections of a patch", () => {
  it("are none of nothing, and of what is no patch", () => {
    assert.deepStrictEqual(Patch.sections(""), [])
    assert.deepStrictEqual(Patch.sections("no patch\n"), [])
  })

  it("have their file's name, and are whole", () => {
    const sections = Patch.sections(patch(added("a.ts", "one\ntwo"), binary("b.png", 7)))
    assert.deepStrictEqual(
      sections.map(({ binaryBytes, isBinary, isWhole, path }) => ({ path, isBinary, binaryBytes, isWhole })),
      [
        { path: "a.ts", isBinary: false, binaryBytes: undefined, isWhole: true },
        { path: "b.png", isBinary: true, binaryBytes: 7, isWhole: true }
      ]
    )
  })

  it("are not made by a file's content, whatever it looks like", () => {
    for (const end of ["\n", "\r", "\u2028", "\u2029", "\u0085", "\v", "\f"]) {
      const forged = `x${end}${patch(added("forged.ts", "GIT binary patch"))}`
      assert.deepStrictEqual(Patch.sections(patch(added("a.ts", forged), added("b.ts", "x"))).map(({ path }) => path), [
        "a.ts",
        "b.ts"
      ])
    }
  })

  it.prop(
    "of a patch that was cut: the last one is not whole",
    [FastCheck.integer({ min: 1, max: 60 })],
    ([missing]) => {
      const whole = patch(added("a.ts", "one"), added("b.ts", "line\n".repeat(10)))
      const last = Patch.sections(whole.slice(0, whole.length - missing)).at(-1)
      assert.strictEqual(last?.path, "b.ts")
      assert.isFalse(last?.isWhole)
      assert.isTrue(Patch.sections(whole).at(-1)?.isWhole)
    }
  )

  it("of a patch that ends with a note about that: the last one is not whole either", () => {
    const whole = patch(added("b.ts", "line\n".repeat(10)))
    assert.isFalse(Patch.sections(`${whole.slice(0, -20)}\n# The diff is longer\n`).at(-1)?.isWhole)
    assert.isTrue(Patch.sections(`${whole}# The diff is longer\n`).at(-1)?.isWhole)
  })

  it.prop("are the patch, in its order", [
    FastCheck.array(FastCheck.stringMatching(/^[+\- @\n\\a-z]{0,40}$/), { maxLength: 8 })
  ], ([contents]) => {
    const changes = contents.map((content, i) => added(`f${i}`, content))
    const sections = Patch.sections(patch(...changes))
    assert.deepStrictEqual(sections.map(({ text }) => text), changes.map(({ text }) => text))
    assert.isTrue(sections.every(({ isWhole }) => isWhole))
  })
})
