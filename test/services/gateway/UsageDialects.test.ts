/** Gemini says its usage again and again, in events or in one array. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { UsageMeter } from "../../../src/services/gateway/UsageMeter.ts"
import { cut } from "./Cutting.ts"

const encoder = new TextEncoder()
const sse = "text/event-stream"
const json = "application/json"

const reply = (usageMetadata: unknown, text = "größe \"usageMetadata\"") => ({
  candidates: [{ content: { role: "model", parts: [{ text }] } }],
  usageMetadata,
  modelVersion: "gemini-x"
})
const first = { promptTokenCount: 15, totalTokenCount: 15 }
const last = {
  promptTokenCount: 15,
  cachedContentTokenCount: 5,
  toolUsePromptTokenCount: 2,
  candidatesTokenCount: 7,
  thoughtsTokenCount: 30,
  totalTokenCount: 54
}
const tokens = { input: 12, cacheRead: 5, cacheWrite: 0, cacheWriteHour: 0, output: 37 }
const growing = Array.from({ length: 200 }, (_, n) => reply({ ...first, thoughtsTokenCount: n }))

const events = (...all: ReadonlyArray<unknown>) => all.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join("")

const read = (contentType: string, body: string, cuts: ReadonlyArray<number> = []) => {
  const meter = cut(encoder.encode(body), cuts).reduce(
    (meter, part) => meter.feed(part),
    new UsageMeter("gemini", contentType)
  ).end()
  return { model: meter.said.model, tokens: { ...meter.said.input, output: meter.said.output }, error: meter.error }
}

describe("Gemini's usage", () => {
  const forms = [
    ["whole", json, JSON.stringify(reply(last))],
    ["streamed", sse, events(reply(first), ...growing, reply(last))],
    ["streamed as an array", json, JSON.stringify([reply(first), ...growing, reply(last)])]
  ] as const
  for (const [name, contentType, body] of forms) {
    it.prop(
      `${name}: thoughts are output, what was cached is not counted twice`,
      [
        FastCheck.array(FastCheck.nat(), { maxLength: 10 })
      ],
      ([cuts]) =>
        assert.deepStrictEqual(read(contentType, body, cuts), { model: "gemini-x", tokens, error: undefined }),
      {
        fastCheck: { numRuns: 20 }
      }
    )
  }

  it("of a stream that breaks off is what was said last", () => {
    const body = JSON.stringify([...growing, reply(last)])
    // in the last usage, and after it
    assert.strictEqual(read(json, body.slice(0, -40)).tokens.output, 199)
    assert.strictEqual(read(json, body.slice(0, -20)).tokens.output, 37)
    assert.strictEqual(read(sse, events(...growing)).tokens.output, 199)
  })

  it("an error in the middle is seen in both forms of a stream", () => {
    const error = { error: { code: 503, message: "busy", status: "UNAVAILABLE" } }
    assert.include(read(sse, events(reply(first), error)).error ?? "", "busy")
    assert.include(read(json, JSON.stringify([reply(first), error])).error ?? "", "busy")
  })

  it("counts the text of a whole reply once, however often it is ended", () => {
    const meter = new UsageMeter("gemini", json).feed(encoder.encode("{\"a\":\"0123456789\"}")).end()
    assert.strictEqual(meter.end().textBytes, 10)
  })
})
