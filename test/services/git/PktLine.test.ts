import { assert, describe, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import * as Option from "effect/Option"
import { decode, encode, longestText, Packet } from "../../../src/services/git/PktLine.ts"

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"))
const text = (encoded: Uint8Array): string => Buffer.from(encoded).toString("latin1")

const packets = fc.array(fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((data) => Packet.Line({ text: text(data) })),
  fc.constantFrom(Packet.Flush(), Packet.Delimiter(), Packet.ResponseEnd())
))

describe("git's packets", () => {
  it("are written as git writes them", () => {
    const request = [
      Packet.Line({ text: "command=ls-refs\n" }),
      Packet.Delimiter(),
      Packet.ResponseEnd(),
      Packet.Flush()
    ]
    assert.strictEqual(text(encode(request)), "0014command=ls-refs\n000100020000")
    assert.strictEqual(encode([]).length, 0)
  })

  it("are read as they were written", () => {
    fc.assert(fc.property(packets, (packets) => {
      assert.deepStrictEqual(decode(encode(packets)), Option.some(packets))
    }))
    const longest = [Packet.Line({ text: "x".repeat(longestText) }), Packet.Flush()]
    assert.deepStrictEqual(decode(encode(longest)), Option.some(longest))
  })

  it("are nothing where bytes are missing, or a length is none", () => {
    const cut = packets.filter((packets) => packets.length > 0).chain((packets) => {
      const all = encode(packets)
      const [last] = packets.slice(-1)
      const ends = last === undefined ? 1 : encode([last]).length
      return fc.integer({ min: 1, max: ends - 1 }).map((missing) => all.subarray(0, all.length - missing))
    })
    fc.assert(fc.property(cut, (cut) => assert.deepStrictEqual(decode(cut), Option.none())))
    for (
      const wrong of [
        "0003",
        "000",
        "0",
        "00g4",
        "-001",
        "+004",
        "0x04",
        "0005",
        "0000 ",
        "<!DO",
        "fff1".padEnd(65_521, "x"),
        "0003000".padEnd(0x3003, "x")
      ]
    ) {
      assert.deepStrictEqual(decode(bytes(wrong)), Option.none(), wrong.slice(0, 20))
    }
  })

  it("are read from any bytes without a failure, and written back as they were", () => {
    const almost = fc.array(fc.oneof(
      fc.uint8Array({ maxLength: 8 }).map(text),
      fc.constantFrom("0000", "0001", "0002", "0004", "0006a\n", "000Aabcdef")
    )).map((parts) => bytes(parts.join("")))
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), almost), (any) => {
      const read = decode(any)
      if (Option.isSome(read)) assert.strictEqual(text(encode(read.value)).toLowerCase(), text(any).toLowerCase())
    }))
  })
})
