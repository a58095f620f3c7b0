import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as UsageMeter from "../../../src/services/gateway/UsageMeter.ts"

const encoder = new TextEncoder()

const cut = (bytes: Uint8Array, cuts: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const places = [0, ...cuts.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end))
}

const read = (dialect: UsageMeter.Dialect, contentType: string, body: string, cuts: ReadonlyArray<number> = []) =>
  UsageMeter.finish(
    cut(encoder.encode(body), cuts).reduce(UsageMeter.feed, UsageMeter.start(dialect, contentType))
  )

const events = (...data: ReadonlyArray<unknown>) =>
  data.map((event) => `event: x\ndata: ${JSON.stringify(event)}\n\n`).join("")

const sse = "text/event-stream; charset=utf-8"

interface Sample {
  readonly name: string
  readonly dialect: UsageMeter.Dialect
  readonly contentType: string
  readonly body: string
  readonly model: string
  readonly tokens: {
    readonly input: number
    readonly output: number
    readonly cacheRead: number
    readonly cacheWrite: number
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
      usage: { input_tokens: 1, output_tokens: 2, cache_read_input_tokens: 3, cache_creation_input_tokens: 4 }
    }),
    model: "claude-x",
    tokens: { input: 1, output: 2, cacheRead: 3, cacheWrite: 4 }
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
    tokens: { input: 10, output: 30, cacheRead: 5, cacheWrite: 0 }
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
    tokens: { input: 40, output: 7, cacheRead: 60, cacheWrite: 0 }
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
    tokens: { input: 11, output: 7, cacheRead: 0, cacheWrite: 0 }
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
    tokens: { input: 4, output: 8, cacheRead: 2, cacheWrite: 3 }
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
    tokens: { input: 9, output: 8, cacheRead: 0, cacheWrite: 0 }
  }
]

describe("UsageMeter", () => {
  for (const { body, contentType, dialect, model, name, tokens } of samples) {
    it.prop(
      `${name}: counts the same however it is cut`,
      [FastCheck.array(FastCheck.nat(), { maxLength: 30 })],
      ([cuts]) => assert.deepStrictEqual(read(dialect, contentType, body, cuts), { model, tokens })
    )

    it(`${name}: byte by byte`, () =>
      assert.deepStrictEqual(read(dialect, contentType, body, [...encoder.encode(body).keys()]), { model, tokens }))

    it.prop(`${name}: a part of it counts what it says, and never fails`, [FastCheck.nat(body.length)], ([length]) => {
      const counted = read(dialect, contentType, body.slice(0, length))
      assert.include(["unknown", model], counted.model)
      assert.isAtMost(counted.tokens.input, tokens.input)
      assert.isAtMost(counted.tokens.output, tokens.output)
    })
  }

  it("what is no such reply counts nothing", () => {
    const nothing = { model: "unknown", tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 } }
    for (const body of ["", "<html>", "[1]", "{\"usage\":{\"input_tokens\":-5}}", "{\"usage\":\"much\"}"]) {
      assert.deepStrictEqual(read("anthropic", "application/json", body), nothing)
      assert.deepStrictEqual(read("openai-chat", sse, `data: ${body}\n\n`), nothing)
    }
  })

  it("reads a stream of many small lines without nesting", () => {
    const body = "\n".repeat(200_000) + events({ message: { model: "m", usage: { output_tokens: 5 } } })
    assert.strictEqual(read("anthropic", sse, body).tokens.output, 5)
  })
})
