/** A message that is streamed again after its model's answer broke off is told once. */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import * as Repetition from "../../../sandbox/acp/Repetition.ts"

const hear = (parts: ReadonlyArray<string>): string => {
  let heard = Repetition.nothing
  let text = ""
  for (const part of parts) {
    const [after, said] = Repetition.hear(heard, part)
    heard = after
    text += said
  }
  const [, rest] = Repetition.end(heard)
  return text + rest
}

/** A text in parts. */
const inParts = (text: string, sizes: ReadonlyArray<number>): ReadonlyArray<string> => {
  const parts: Array<string> = []
  let at = 0
  for (let index = 0; at < text.length; index++) {
    const size = sizes[index % sizes.length] ?? 1
    parts.push(text.slice(at, at + size))
    at += size
  }
  return parts
}

const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 })
/** No word of it occurs twice, so nothing in it looks like a beginning again. */
const messages = fc.integer({ min: 3, max: 40 }).map((words) =>
  Array.from({ length: words }, (_, index) => `word-${index}`).join(" ")
)

describe("a message in parts", () => {
  it("is heard as it is, however it is cut", () => {
    fc.assert(fc.property(messages, sizes, (message, sizes) => {
      assert.strictEqual(hear(inParts(message, sizes)), message)
    }))
  })

  it("is heard once where it broke off anywhere and was begun again, also twice", () => {
    fc.assert(fc.property(messages, sizes, sizes, fc.nat(), (message, first, second, at) => {
      const broken = message.slice(0, 8 + at % (message.length - 8))
      assert.strictEqual(hear([...inParts(broken, first), ...inParts(message, second)]), message)
      assert.strictEqual(hear([...inParts(broken, first), broken, ...inParts(message, second)]), message)
    }))
  })

  it("is heard once where the whole of it was told again", () => {
    assert.strictEqual(hear(["All is done.", "All is done."]), "All is done.")
  })

  it("keeps what only begins like it did before", () => {
    assert.strictEqual(
      hear(["The first line. ", "The first", " step was easy."]),
      "The first line. The first step was easy."
    )
    assert.strictEqual(hear(["The first line. ", "The first"]), "The first line. The first")
  })

  it("keeps short words that are said twice", () => {
    assert.strictEqual(hear(["ha", "ha", "ha"]), "hahaha")
  })
})
