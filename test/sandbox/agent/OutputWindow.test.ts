import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { append, forLog, forModel, modelWindow, render } from "../../../sandbox/agent/OutputWindow.ts"

const small = { ...modelWindow, limit: 5 }

const chunks = FastCheck.array(FastCheck.string({ unit: "binary", maxLength: 8 }), { maxLength: 12 })

const lines = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}`)

describe("OutputWindow", () => {
  it.prop("how the text arrives makes no difference", { chunks }, ({ chunks }) => {
    assert.deepStrictEqual(chunks.reduce(append, small), append(small, chunks.join("")))
  })

  it.prop("what fits is kept whole, and nothing is counted wrongly", { chunks }, ({ chunks }) => {
    const text = chunks.join("")
    const window = append(small, text)
    assert.strictEqual(window.head.length + window.leftOut + window.tail.length, text.length)
    assert.strictEqual(window.leftOut === 0, text.length <= 10)
    assert.isTrue(text.startsWith(window.head) && text.endsWith(window.tail))
  })

  it.prop("never cuts a character in two", { chunks }, ({ chunks }) => {
    const rendered = render(chunks.reduce(append, small))
    assert.strictEqual(new TextDecoder().decode(new TextEncoder().encode(rendered)), rendered)
  })

  it("says how much is missing between the beginning and the end", () => {
    assert.strictEqual(render(append(small, "0123456789ab")), "01234\n[… 2 characters left out …]\n789ab")
    assert.strictEqual(forModel("x".repeat(24_000)), "x".repeat(24_000))
    assert.isBelow(forModel("x".repeat(1_000_000)).length, 24_100)
  })

  it("shows forty lines in the log", () => {
    assert.strictEqual(forLog(lines(40).join("\n") + "\n"), lines(40).join("\n"))
    const shown = forLog(lines(100).join("\n")).split("\n")
    assert.deepStrictEqual(shown, [...lines(100).slice(0, 20), "[… 60 lines left out …]", ...lines(100).slice(-20)])
    assert.strictEqual(forLog("x".repeat(1_000)), `${"x".repeat(400)}…`)
  })
})
