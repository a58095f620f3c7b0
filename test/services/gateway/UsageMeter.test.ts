import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import type { Dialect } from "../../../src/services/gateway/UsageDialects.ts"
import { UsageMeter } from "../../../src/services/gateway/UsageMeter.ts"
import { cut } from "./Cutting.ts"

const encoder = new TextEncoder()

const read = (dialect: Dialect, contentType: string, body: string, cuts: ReadonlyArray<number> = []) => {
  const meter = cut(encoder.encode(body), cuts).reduce(
    (meter, part) => meter.feed(part),
    new UsageMeter(dialect, contentType)
  ).end()
  return { model: meter.said.model, tokens: { ...meter.said.input, output: meter.said.output }, text: meter.textBytes }
}

const events = (...data: ReadonlyArray<unknown>) =>
  data.map((event) => `event: x\ndata: ${JSON.stringify(event)}\n\n`).join("")

const sse = "text/event-stream; charset=utf-8"

interface Sample {
  readonly name: string
  readonly dialect: Dialect
  readonly contentType: string
  readonly body: string
  readonly model: string
  readonly tokens: {
    readonly input: number
    readonly output: number
    readonly cacheRead: number
    readonly cacheWrite: number
    readonly cacheWriteHour: number
  }
}

const text = "größe \"usage\": {\"output_tokens\": 99999} \n \u2028 data: x"

const samples: ReadonlyArray<Sample> = [
  {
    name: "Anthropic, whole",
    dialect: "anthropic",
    contentType: "application/json",
    body: JSON.stringify({
      model: "claude-x",
      content: [{ type: "text", text }],
      usage: {
        input_tokens: 1,
        output_tokens: 2,
        cache_read_input_tokens: 3,
        cache_creation_input_tokens: 9,
        cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 5 }
      }
    }),
    model: "claude-x",
    tokens: { input: 1, output: 2, cacheRead: 3, cacheWrite: 4, cacheWriteHour: 5 }
  },
  {
    name: "Anthropic, streamed",
    dialect: "anthropic",
    contentType: sse,
    body: events(
      {
        type: "message_start",
        message: { model: "claude-x", usage: { input_tokens: 10, output_tokens: 1, cache_read_input_tokens: 5 } }
      },
      { type: "content_block_delta", delta: { type: "text_delta", text } },
      { type: "ping" },
      { type: "message_delta", delta: {}, usage: { output_tokens: 20 } },
      { type: "message_delta", delta: {}, usage: { output_tokens: 30, input_tokens: null } },
      { type: "message_stop" }
    ),
    model: "claude-x",
    tokens: { input: 10, output: 30, cacheRead: 5, cacheWrite: 0, cacheWriteHour: 0 }
  },
  {
    name: "Chat Completions, whole",
    dialect: "openai-chat",
    contentType: "application/json; charset=utf-8",
    body: JSON.stringify({
      model: "gpt-x",
      choices: [{ message: { content: text } }],
      usage: { prompt_tokens: 100, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 60 } }
    }),
    model: "gpt-x",
    tokens: { input: 40, output: 7, cacheRead: 60, cacheWrite: 0, cacheWriteHour: 0 }
  },
  {
    name: "Chat Completions, streamed",
    dialect: "openai-chat",
    contentType: sse,
    body: events(
      { model: "gpt-x", choices: [{ delta: { content: text } }], usage: null },
      { model: "gpt-x", choices: [], usage: { prompt_tokens: 11, completion_tokens: 7 } }
    ) + "data: [DONE]\n\n",
    model: "gpt-x",
    tokens: { input: 11, output: 7, cacheRead: 0, cacheWrite: 0, cacheWriteHour: 0 }
  },
  {
    name: "Responses, whole",
    dialect: "openai-responses",
    contentType: "application/json",
    body: JSON.stringify({
      model: "gpt-x",
      output: [],
      usage: { input_tokens: 9, output_tokens: 8, input_tokens_details: { cached_tokens: 2, cache_write_tokens: 3 } }
    }),
    model: "gpt-x",
    tokens: { input: 4, output: 8, cacheRead: 2, cacheWrite: 3, cacheWriteHour: 0 }
  },
  {
    name: "Responses, streamed",
    dialect: "openai-responses",
    contentType: sse,
    body: events(
      { type: "response.created", response: { model: "gpt-x", usage: null } },
      { type: "response.output_text.delta", delta: text },
      { type: "response.completed", response: { model: "gpt-x", usage: { input_tokens: 9, output_tokens: 8 } } }
    ).replaceAll("\n", "\r\n"),
    model: "gpt-x",
    tokens: { input: 9, output: 8, cacheRead: 0, cacheWrite: 0, cacheWriteHour: 0 }
  }
]

/** How a stream of each dialect begins, brings text, and says its usage. */
const streams = [
  {
    dialect: "anthropic",
    begin: { type: "message_start", message: { model: "m", usage: { input_tokens: 10, output_tokens: 1 } } },
    bring: (text: string) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }),
    say: { type: "message_delta", delta: {}, usage: { output_tokens: 77 } }
  },
  {
    dialect: "openai-chat",
    begin: { id: "c", model: "m", choices: [{ delta: { role: "assistant", content: "" } }] },
    bring: (text: string) => ({ id: "c", model: "m", choices: [{ index: 0, delta: { content: text } }] }),
    say: { model: "m", choices: [], usage: { prompt_tokens: 10, completion_tokens: 77 } }
  },
  {
    dialect: "openai-responses",
    begin: { type: "response.created", response: { model: "m", instructions: "x".repeat(9_000), usage: null } },
    bring: (delta: string) => ({ type: "response.output_text.delta", item_id: "i", delta }),
    say: { type: "response.completed", response: { model: "m", usage: { input_tokens: 10, output_tokens: 77 } } }
  }
] as const

/** The other things that a model writes. */
const written: ReadonlyArray<readonly [Dialect, unknown]> = [
  ["anthropic", { delta: { type: "thinking_delta", thinking: "0123456789" } }],
  ["anthropic", { delta: { type: "input_json_delta", partial_json: "0123456789" } }],
  ["openai-chat", { choices: [{ delta: { tool_calls: [{ function: { arguments: "0123456789" } }] } }] }],
  ["openai-chat", { choices: [{ delta: { reasoning_content: "01234" } }, { delta: { content: "56789" } }] }],
  ["gemini", { candidates: [{ content: { parts: [{ text: "0123456789", thoughtSignature: "x" }], role: "model" } }] }],
  ["gemini", { candidates: [{ content: { parts: [{ functionCall: { args: { a: "0123456789" } } }] } }] }],
  ["openai-responses", { type: "response.function_call_arguments.delta", delta: "0123456789" }],
  ["openai-responses", { type: "response.reasoning_text.delta", delta: "0123456789" }]
]

describe("UsageMeter", () => {
  for (const { body, contentType, dialect, model, name, tokens } of samples) {
    it.prop(
      `${name}: counts the same however it is cut`,
      [FastCheck.array(FastCheck.nat(), { maxLength: 30 })],
      ([cuts]) => assert.deepInclude(read(dialect, contentType, body, cuts), { model, tokens })
    )

    it(`${name}: byte by byte`, () =>
      assert.deepInclude(read(dialect, contentType, body, [...encoder.encode(body).keys()]), { model, tokens }))

    it.prop(`${name}: a part of it counts what it says, and never fails`, [FastCheck.nat(body.length)], ([length]) => {
      const counted = read(dialect, contentType, body.slice(0, length))
      assert.include([undefined, model], counted.model)
      assert.isAtMost(counted.tokens.input ?? 0, tokens.input)
      assert.isAtMost(counted.tokens.output ?? 0, tokens.output)
    })
  }

  for (const { begin, bring, dialect, say } of streams) {
    it(`${dialect}: of a stream that breaks off, 228 000 words are seen, and no output is taken as said`, () => {
      const words = "words, ".repeat(1_000)
      const body = events(begin) + events(bring(words)).repeat(228)
      const cut = read(dialect, sse, body)
      assert.strictEqual(cut.text, words.length * 228)
      assert.deepStrictEqual([cut.model, cut.tokens.output], ["m", undefined])
      assert.strictEqual(read(dialect, sse, body + events(say)).tokens.output, 77)
    })
  }

  it("sees text, thinking and arguments of tools alike", () => {
    for (const [dialect, event] of written) assert.strictEqual(read(dialect, sse, events(event)).text, 10)
  })

  it("sees the text of a whole reply", () => {
    const { text } = read("openai-chat", "application/json", JSON.stringify({ choices: [{ content: "0123456789" }] }))
    assert.strictEqual(text, 10)
  })

  it("what is no such reply says nothing", () => {
    const nothing = { model: undefined, tokens: { output: undefined } }
    for (const body of ["", "<html>", "[1]", "{\"usage\":{\"input_tokens\":-5}}", "{\"usage\":\"much\"}"]) {
      assert.deepInclude(read("anthropic", "application/json", body), nothing)
      assert.deepInclude(read("openai-chat", sse, `data: ${body}\n\n`), nothing)
    }
  })

  it("reads a stream of many small lines without nesting", () => {
    const body = "\n".repeat(200_000) + events({ usage: { output_tokens: 5 } })
    assert.strictEqual(read("anthropic", sse, body).tokens.output, 5)
  })

  it("reads a reply of any size in the same memory", () => {
    const part = encoder.encode("x".repeat(1024 * 1024))
    const meter = new UsageMeter("openai-responses", sse).feed(
      encoder.encode("data: {\"response\":{\"instructions\":\"")
    )
    const before = process.memoryUsage().arrayBuffers
    for (let n = 0; n < 64; n++) meter.feed(part)
    assert.isBelow(process.memoryUsage().arrayBuffers - before, 8 * part.length)
    meter.feed(encoder.encode("\",\"model\":\"m\",\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}}\n")).end()
    assert.deepStrictEqual([meter.said.model, meter.said.output], ["m", 2])
  })
})
