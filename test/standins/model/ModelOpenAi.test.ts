import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import OpenAI from "openai"
import * as ModelStandIn from "./ModelStandIn.ts"

const connect = (standIn: ModelStandIn.ModelStandIn, apiKey = "sk-real") =>
  new OpenAI({ apiKey, baseURL: standIn.openAiUrl, maxRetries: 0, logLevel: "off" })

const ask = <A>(f: (signal: AbortSignal) => PromiseLike<A>) => Effect.tryPromise({ try: f, catch: (error) => error })

const failure = <A>(f: (signal: AbortSignal) => PromiseLike<A>) =>
  Effect.flip(ask(f)).pipe(Effect.filterOrDie((error) => error instanceof OpenAI.APIError, (error) => error))

const collect = <A>(items: AsyncIterable<A>) =>
  Stream.runCollect(Stream.fromAsyncIterable(items, (error) => error)).pipe(Effect.map(Chunk.toReadonlyArray))

const usage = { input: 10, output: 20, cacheRead: 5, reasoning: 4 }

const bash = { type: "function", function: { name: "bash", parameters: { type: "object", properties: {} } } } as const

const twoCalls = ModelStandIn.tools(
  [{ name: "bash", input: { command: "git status --short --branch" } }, { name: "bash", input: { command: "ls" } }],
  { usage }
)

describe("ModelStandIn: OpenAI Chat Completions", () => {
  const hello = {
    model: "gpt-6",
    messages: [{ role: "developer", content: "Be brief." }, { role: "user", content: "Say hello." }]
  } satisfies OpenAI.ChatCompletionCreateParamsNonStreaming

  it.scoped("answers a completion with text, usage and a finish reason", () =>
    Effect.gen(function*() {
      const standIn = yield* ModelStandIn.make(ModelStandIn.replies([ModelStandIn.text("Hello.", { usage })]))
      const completion = yield* ask((signal) => connect(standIn).chat.completions.create(hello, { signal }))
      assert.strictEqual(completion.choices[0]?.message.content, "Hello.")
      assert.strictEqual(completion.choices[0]?.finish_reason, "stop")
      assert.strictEqual(completion.usage?.prompt_tokens, 15)
      assert.strictEqual(completion.usage?.prompt_tokens_details?.cached_tokens, 5)
      assert.strictEqual(completion.usage?.completion_tokens, 20)
      const [call] = yield* standIn.calls
      assert.strictEqual(call?.dialect, "openai-chat")
      assert.strictEqual(call?.system, "Be brief.")
      assert.strictEqual(call?.text, "Be brief.\nSay hello.")
    }))

  it.scoped("streams tool calls, and usage only when asked", () =>
    Effect.gen(function*() {
      const standIn = yield* ModelStandIn.make(ModelStandIn.replies([twoCalls, twoCalls, twoCalls]))
      const { completions } = connect(standIn).chat
      const body = { ...hello, tools: [bash] }
      const whole = yield* ask((signal) => completions.create(body, { signal }))
      const streamed = yield* ask((signal) =>
        completions.stream({ ...body, stream_options: { include_usage: true } }, { signal }).finalChatCompletion()
      )
      const called = (completion: OpenAI.ChatCompletion) =>
        completion.choices[0]?.message.tool_calls?.map((call) =>
          call.type === "function" ? call.function.arguments : ""
        )
      assert.deepStrictEqual(called(streamed), called(whole))
      assert.strictEqual(streamed.choices[0]?.finish_reason, "tool_calls")
      assert.strictEqual(streamed.usage?.total_tokens, whole.usage?.total_tokens)
      const chunks = yield* ask((signal) => completions.create({ ...body, stream: true }, { signal })).pipe(
        Effect.flatMap(collect)
      )
      assert.isTrue(chunks.every((chunk) => chunk.usage === undefined))
    }))

  it.scoped("takes a tool's result back and shows it to the script", () =>
    Effect.gen(function*() {
      const standIn = yield* ModelStandIn.make(ModelStandIn.replies([twoCalls, ModelStandIn.text("Done.")]))
      const { completions } = connect(standIn).chat
      const first = yield* ask((signal) => completions.create({ ...hello, tools: [bash] }, { signal }))
      const message = yield* Effect.fromNullable(first.choices[0]?.message)
      const results = (message.tool_calls ?? []).map((call) =>
        ({ role: "tool", tool_call_id: call.id, content: `result of ${call.id}` }) as const
      )
      const messages = [...hello.messages, message, ...results]
      yield* ask((signal) => completions.create({ ...hello, tools: [bash], messages }, { signal }))
      const [, second] = yield* standIn.calls
      assert.include(second?.text, "result of call_standin_1_2")
      const refused = yield* failure((signal) =>
        completions.create({ ...hello, tools: [bash], messages: messages.slice(0, -1) }, { signal })
      )
      assert.strictEqual(refused.status, 400)
      assert.include(refused.message, "call_standin_1_2")
    }))

  it.scoped("answers faults as the service does", () =>
    Effect.gen(function*() {
      const long = "A text that is long enough for it to come in several deltas."
      const standIn = yield* ModelStandIn.make(ModelStandIn.replies([
        ModelStandIn.rateLimited(3),
        ModelStandIn.refuse(429, { type: "insufficient_quota", code: "insufficient_quota" }),
        ModelStandIn.reset,
        ModelStandIn.text(long, { ending: "overloaded" }),
        ModelStandIn.text(long, { ending: "cut" }),
        ModelStandIn.text(long, { ending: "malformed" }),
        ModelStandIn.text(long, { stop: "length" })
      ]))
      const { completions } = connect(standIn).chat
      const create = (signal: AbortSignal) => completions.create(hello, { signal })
      const stream = Effect.flatMap(
        ask((signal) => completions.create({ ...hello, stream: true }, { signal })),
        collect
      )
      const limited = yield* failure(create)
      assert.deepStrictEqual([limited.status, limited.code], [429, "rate_limit_exceeded"])
      assert.strictEqual(limited.headers?.get("retry-after"), "3")
      assert.strictEqual((yield* failure(create)).code, "insufficient_quota")
      assert.instanceOf(yield* failure(create), OpenAI.APIConnectionError)
      assert.include(String(yield* Effect.flip(stream)), "overloaded")
      assert.match(String(yield* Effect.flip(stream)), /terminated|socket|aborted/i)
      assert.instanceOf(yield* Effect.flip(stream), SyntaxError)
      assert.strictEqual((yield* ask(create)).choices[0]?.finish_reason, "length")
    }))
})

describe("ModelStandIn: OpenAI Responses", () => {
  const hello = { model: "gpt-6", instructions: "Be brief.", input: "Say hello." }

  const tool: OpenAI.Responses.FunctionTool = { type: "function", name: "bash", parameters: {}, strict: null }

  it.scoped("answers a response with text and usage", () =>
    Effect.gen(function*() {
      const standIn = yield* ModelStandIn.make(ModelStandIn.replies([ModelStandIn.text("Hello.", { usage })]))
      const response = yield* ask((signal) => connect(standIn).responses.create(hello, { signal }))
      assert.strictEqual(response.output_text, "Hello.")
      assert.strictEqual(response.status, "completed")
      assert.strictEqual(response.usage?.input_tokens, 15)
      assert.strictEqual(response.usage?.output_tokens_details.reasoning_tokens, 4)
      const [call] = yield* standIn.calls
      assert.strictEqual(call?.dialect, "openai-responses")
      assert.strictEqual(call?.text, "Be brief.\nSay hello.")
    }))

  it.scoped("streams what it would have answered whole", () =>
    Effect.gen(function*() {
      const reply = ModelStandIn.tools([{ name: "bash", input: { command: "git status --short --branch" } }], {
        text: "I look around first, and in more than one delta.",
        usage
      })
      const standIn = yield* ModelStandIn.make(ModelStandIn.replies([reply, reply]))
      const { responses } = connect(standIn)
      const body = { ...hello, tools: [tool] }
      const whole = yield* ask((signal) => responses.create(body, { signal }))
      const streamed = yield* ask((signal) => responses.stream(body, { signal }).finalResponse())
      const said = (response: OpenAI.Responses.Response) =>
        response.output.map((item) => item.type === "function_call" ? item.arguments : response.output_text)
      assert.deepStrictEqual(said(streamed), said(whole))
      assert.deepStrictEqual(streamed.usage, whole.usage)
    }))

  it.scoped("remembers a response that another goes on from, unless told not to store it", () =>
    Effect.gen(function*() {
      const call = ModelStandIn.tools([{ name: "bash", input: {}, id: "call_1" }])
      const standIn = yield* ModelStandIn.make(ModelStandIn.replies([call, ModelStandIn.text("Done."), call]))
      const { responses } = connect(standIn)
      const answering = (previous_response_id: string) => (signal: AbortSignal) =>
        responses.create({
          model: "gpt-6",
          previous_response_id,
          input: [{ type: "function_call_output", call_id: "call_1", output: "README.md" }]
        }, { signal })
      const first = yield* ask((signal) => responses.create({ ...hello, tools: [tool] }, { signal }))
      assert.strictEqual((yield* ask(answering(first.id))).output_text, "Done.")
      assert.deepStrictEqual(
        (yield* standIn.calls)[1]?.messages.map((message) => message.role),
        ["user", "assistant", "tool"]
      )
      const unstored = yield* ask((signal) => responses.create({ ...hello, tools: [tool], store: false }, { signal }))
      assert.strictEqual((yield* failure(answering(unstored.id))).code, "previous_response_not_found")
    }))

  it.scoped("refuses an output without its call and a call without its output", () =>
    Effect.gen(function*() {
      const standIn = yield* ModelStandIn.make(ModelStandIn.replies([]))
      const send = (input: OpenAI.Responses.ResponseInput) =>
        failure((signal) => connect(standIn).responses.create({ model: "gpt-6", input }, { signal }))
      const call = { type: "function_call", call_id: "call_1", name: "bash", arguments: "{}" } as const
      const output = { type: "function_call_output", call_id: "call_1", output: "" } as const
      assert.include((yield* send([output])).message, "No tool call found")
      assert.include((yield* send([output, call])).message, "No tool call found")
      assert.include((yield* send([call])).message, "No tool output found")
      assert.include((yield* send([call, output])).message, "no reply")
    }))
})
