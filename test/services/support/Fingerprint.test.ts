import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import { fingerprint } from "../../../src/services/support/Fingerprint.ts"

const parse = Schema.decodeUnknownSync(Schema.parseJson())

describe("a request's fingerprint", () => {
  it("is the same for equal JSON values, whatever the order of their keys", () => {
    assert.strictEqual(
      fingerprint({ b: [1, { d: null, c: "x" }], a: true }),
      fingerprint({ a: true, b: [1, { c: "x", d: null }] })
    )
  })

  it("differs where the values do", () => {
    const values = [
      null,
      0,
      1,
      "1",
      "",
      "null",
      true,
      [],
      {},
      [[]],
      [1],
      [1, 2],
      [2, 1],
      { a: 1 },
      { a: "1" },
      [["a", 1]],
      {
        a: [1]
      },
      { a: {} },
      ["array"],
      ["object"],
      { "[": "]" },
      undefined
    ]
    assert.strictEqual(new Set(values.map(fingerprint)).size, values.length)
  })

  it("is what the receipts of earlier versions hold", () => {
    const value = { repo: "a/b", prompt: "x\n\"y\"", list: [1, [], {}], gone: undefined, no: null }
    const written =
      "[\"object\",[\"gone\",null],[\"list\",[\"array\",1,[\"array\"],[\"object\"]]],[\"no\",null],[\"prompt\",\"x\\n\\\"y\\\"\"],[\"repo\",\"a/b\"]]"
    assert.strictEqual(fingerprint(value), createHash("sha256").update(written).digest("hex"))
    assert.strictEqual(fingerprint(undefined), createHash("sha256").update("").digest("hex"))
  })

  it("is made of a value however deep and however long", () => {
    const deep = (inner: string) => parse("[".repeat(400_000) + inner + "]".repeat(400_000))
    assert.notStrictEqual(fingerprint(deep("1")), fingerprint(deep("2")))
    const long = Array.from({ length: 100_000 }, (_, i) => i)
    assert.strictEqual(fingerprint(long), fingerprint([...long]))
    assert.notStrictEqual(fingerprint(long), fingerprint([...long, 0]))
  })
})
