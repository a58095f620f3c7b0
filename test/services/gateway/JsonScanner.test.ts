import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { type Interest, options } from "../../../src/services/gateway/JsonInterest.ts"
import { deepest, JsonScanner } from "../../../src/services/gateway/JsonScanner.ts"
import { cut } from "./Cutting.ts"

const encoder = new TextEncoder()
const parse = Schema.decodeEither(Schema.parseJson())

const scan = (json: string | Uint8Array, interest: Interest = {}, cuts: ReadonlyArray<number> = []) =>
  cut(typeof json === "string" ? encoder.encode(json) : json, cuts)
    .reduce((scanner, part) => scanner.feed(part), new JsonScanner(options(interest, ["file_id"])))
    .end()

const keptOf = (scanner: JsonScanner) =>
  Object.fromEntries([...scanner.kept.values].map(([name, values]) => [name, [...values]]))

/** Any JSON, written in any of its ways. */
const json = FastCheck.oneof(
  FastCheck.json({ maxDepth: 6 }),
  FastCheck.json().map((text) => ` \n${text}\t`),
  FastCheck.jsonValue().map((value) => JSON.stringify(value, null, 2))
)

/** What is nearly JSON. */
const nearly = FastCheck.tuple(json, FastCheck.nat(), FastCheck.constantFrom(...",:[]{}\"\\u0tfn1-.eE+ '/\u0001\u2028"))
  .map(([text, at, letter]) => {
    const place = at % (text.length + 1)
    return at % 2 === 0
      ? text.slice(0, place) + letter + text.slice(place)
      : text.slice(0, place) + text.slice(place + 1)
  })

const cuts = FastCheck.array(FastCheck.nat(), { maxLength: 8 })

describe("JsonScanner", () => {
  it.prop("takes what is JSON, however it is cut", [json, cuts], ([text, cuts]) => {
    assert.strictEqual(scan(text, {}, cuts).fault, undefined)
  }, { fastCheck: { numRuns: 300 } })

  it.prop("refuses what is not JSON, as a parser does", [nearly, cuts], ([text, cuts]) => {
    assert.strictEqual(scan(text, {}, cuts).fault === undefined, Either.isRight(parse(text)), text)
  }, { fastCheck: { numRuns: 3_000 } })

  it.prop("keeps a value as it stands, wherever it is", [FastCheck.jsonValue(), cuts, FastCheck.string()], (
    [value, cuts, other]
  ) => {
    const raw = JSON.stringify(value)
    const text = `{${JSON.stringify(`_${other}`)}:${
      JSON.stringify(other)
    },"a":{"b":[0,${raw}, ${raw}]} ,"model" : ${raw}}`
    const scanner = scan(text, {
      fields: { model: { keep: "model" }, a: { fields: { b: { items: { keep: "item" } } } } }
    }, cuts)
    assert.deepStrictEqual(keptOf(scanner), { model: [raw], item: [...new Set(["0", raw])] })
    const { end = 0, start = 0 } = scanner.kept.spans.get("model") ?? {}
    assert.strictEqual(new TextDecoder().decode(encoder.encode(text).subarray(start, end)), raw)
  })

  it("keeps nothing of a text within a text", () => {
    const scanner = scan(JSON.stringify({ content: "{\"model\":\"x\",\"file_id\":1}" }), {
      fields: { model: { keep: "model" } }
    })
    assert.deepStrictEqual([keptOf(scanner), [...scanner.noted]], [{}, []])
  })

  it("sees a key that is noted anywhere, in any case and written with escapes", () => {
    for (const key of ["file_id", "FILE_ID", "fil\\u0065_id"]) {
      assert.deepStrictEqual([...scan(`[{"a":[{"${key}":1}]}]`).noted], ["file_id"])
    }
  })

  it("takes a wanted key twice for a fault, in whatever way it is written, and others not", () => {
    const interest = { fields: { stream: { keep: "stream" } } }
    for (const key of ["stream", "STREAM", "\\u0073tream", "\u017ftream"]) {
      assert.strictEqual(scan(`{"stream":1,"x":0,"x":1,"${key}":2}`, interest).fault, "repeated")
    }
    assert.strictEqual(scan("{\"stream\":1,\"x\":{\"stream\":2}}", interest).fault, undefined)
    assert.strictEqual(scan("{\"__proto__\":1,\"constructor\":1,\"__proto__\":1}", interest).fault, undefined)
  })

  it("counts strings below a place as text, but for those that are told off", () => {
    const interest = { fields: { delta: { text: true, fields: { type: { text: false } } } } }
    assert.strictEqual(
      scan("{\"x\":\"12345\",\"delta\":{\"type\":\"abc\",\"y\":[\"12\",\"\u00e9\"]}}", interest).textBytes,
      4
    )
  })

  it("goes so deep and no deeper, and costs the same for a hostile depth", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth)
    assert.strictEqual(scan(nested(deepest)).fault, undefined)
    assert.strictEqual(scan(nested(deepest + 1)).fault, "deep")
    assert.strictEqual(scan("[".repeat(4_000_000)).fault, "deep")
  })

  it("does not keep what is larger or more than anybody means", () => {
    const interest = { fields: { model: { keep: "model" }, tools: { items: { keep: "tool" } } } }
    assert.strictEqual(scan(`{"model":"${"x".repeat(70_000)}"}`, interest).fault, "large")
    const tools = Array.from({ length: 100 }, (_, n) => n)
    assert.strictEqual(scan(`{"tools":[${tools.join()}]}`, interest).fault, "large")
    assert.strictEqual(scan(`{"tools":[${"1,".repeat(10_000)}1]}`, interest).fault, undefined)
  })
})
