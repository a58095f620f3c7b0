import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as CallRequest from "../../../src/services/gateway/CallRequest.ts"
import { HeldBytes } from "../../../src/services/gateway/HeldBytes.ts"
import type { Dialect } from "../../../src/services/gateway/UsageDialects.ts"
import { cut } from "./Cutting.ts"

const encoder = new TextEncoder()

const read = (dialect: Dialect, body: unknown) =>
  CallRequest.read({ dialect }, CallRequest.scanner(dialect).feed(encoder.encode(JSON.stringify(body))).end())

describe("CallRequest", () => {
  it("reads model and limit of each dialect", () => {
    const cases: ReadonlyArray<readonly [Dialect, Readonly<Record<string, unknown>>, number]> = [
      ["anthropic", { max_tokens: 100 }, 100],
      ["openai-chat", { max_tokens: 100 }, 100],
      ["openai-chat", { max_tokens: 100, max_completion_tokens: 300 }, 300],
      ["openai-chat", { max_tokens: 100, n: 5 }, 500],
      ["openai-responses", { max_output_tokens: 100 }, 100],
      ["openai-responses", { max_tokens: 100 }, 128_000],
      ["openai-chat", { max_tokens: "100" }, 128_000],
      ["openai-chat", { max_tokens: -1, n: 0 }, 128_000],
      ["openai-chat", { max_tokens: 1e300, n: 1e300 }, 1e9],
      ["anthropic", { max_tokens: 1.5 }, 2]
    ]
    for (const [dialect, limits, expected] of cases) {
      const { maxOutput, model } = read(dialect, { model: "m", ...limits })
      assert.deepStrictEqual([model, maxOutput], ["m", expected])
    }
  })

  it.prop(
    "reserves at least a token for every byte",
    [FastCheck.string(), FastCheck.nat(1e6)],
    ([content, max_tokens]) => {
      const body = { model: "m", messages: [{ role: "user", content }], max_tokens }
      const { input, output } = CallRequest.atMost(read("anthropic", body))
      assert.isAtLeast(input, encoder.encode(JSON.stringify(body)).length)
      assert.isAtLeast(output, max_tokens)
    }
  )

  it("reserves for what it refers to, which is as large as it may be", () => {
    const bodies: ReadonlyArray<readonly [Dialect, unknown]> = [
      ["openai-responses", { model: "m", previous_response_id: "r" }],
      ["openai-responses", { model: "m", conversation: "c" }],
      ["openai-responses", { model: "m", input: [{ content: [{ type: "input_file", file_id: "f" }] }] }],
      ["anthropic", { model: "m", messages: [{ content: [{ source: { type: "url", url: "https://x" } }] }] }]
    ]
    for (const [dialect, body] of bodies) assert.isAbove(CallRequest.atMost(read(dialect, body)).input, 1_000_000)
    assert.isBelow(CallRequest.atMost(read("anthropic", { model: "m" })).input, 10_000)
  })

  it("takes tools that run at the client, of every dialect", () => {
    const tools = [
      { name: "x", input_schema: {} },
      { type: null, name: "x" },
      { type: "custom", name: "x" },
      { type: "function" },
      { type: "bash_20250124" },
      { type: "text_editor_20250728" },
      { type: "local_shell" }
    ]
    assert.strictEqual(read("anthropic", { model: "m", tools }).uncountable, undefined)
    for (const type of ["web_search", "web_search_20250305", "code_interpreter", "bash", "x_20250124"]) {
      assert.include(
        read("openai-responses", { model: "m", tools: [...tools, { type }] }).uncountable ?? "",
        `"${type}"`
      )
    }
  })

  const options = FastCheck.option(FastCheck.record({ include_obfuscation: FastCheck.boolean() }), { nil: undefined })
  it.prop("asks a streamed chat for its usage and changes nothing else, however the body is cut", [
    FastCheck.record({ content: FastCheck.string(), stream: FastCheck.boolean(), options }),
    FastCheck.array(FastCheck.nat(), { maxLength: 5 }),
    FastCheck.boolean()
  ], ([{ content, options, stream }, cuts, isFirst]) => {
    const streamOptions = options === undefined ? {} : { stream_options: options }
    const rest = { model: "m", stream, messages: [{ role: "user", content }] }
    const body = isFirst ? { ...streamOptions, ...rest } : { ...rest, ...streamOptions }
    const held = new HeldBytes()
    const scan = CallRequest.scanner("openai-chat")
    for (const part of cut(encoder.encode(` ${JSON.stringify(body)} `), cuts)) {
      held.append(part)
      scan.feed(part)
    }
    const edit = CallRequest.askForUsage(CallRequest.read({ dialect: "openai-chat" }, scan.end()), scan)
    if (edit !== undefined) held.replace(edit.start, edit.end, edit.bytes)
    const sent = Buffer.concat(held.parts)
    assert.strictEqual(sent.length, held.size)
    assert.deepStrictEqual(
      JSON.parse(sent.toString()),
      stream ? { ...body, stream_options: { ...options, include_usage: true } } : body
    )
  })
})

describe("HeldBytes", () => {
  it.prop("gives back what came, with one part replaced", [
    FastCheck.uint8Array({ minLength: 1, maxLength: 300 }),
    FastCheck.nat(500),
    FastCheck.nat(),
    FastCheck.nat(),
    FastCheck.uint8Array({ maxLength: 20 })
  ], ([part, times, a, b, other]) => {
    const held = new HeldBytes()
    for (let n = 0; n < times; n++) held.append(part)
    const whole = Buffer.concat(Array.from({ length: times }, () => part))
    assert.isTrue(whole.equals(Buffer.concat(held.parts)))
    const [start = 0, end = 0] = [a % (whole.length + 1), b % (whole.length + 1)].sort((x, y) => x - y)
    held.replace(start, end, other)
    const expected = Buffer.concat([whole.subarray(0, start), other, whole.subarray(end)])
    assert.isTrue(expected.equals(Buffer.concat(held.parts)))
    assert.strictEqual(held.size, expected.length)
    held.release()
    assert.deepStrictEqual([held.parts, held.size], [[], 0])
  })
})
