import Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as ModelStandIn from "./ModelStandIn.ts"

const connect = (standIn: ModelStandIn.ModelStandIn, apiKey = "sk-ant-real") =>
  new Anthropic({ apiKey, baseURL: standIn.anthropicUrl, maxRetries: 0, logLevel: "off" })

const ask = <A>(f: (signal: AbortSignal) => PromiseLike<A>) => Effect.tryPromise({ try: f, catch: (error) => error })

const failure = <A>(f: (signal: AbortSignal) => PromiseLike<A>) =>
  Effect.flip(ask(f)).pipe(
    Effect.filterOrDie((error) => error instanceof Anthropic.APIError, (error) => error)
  )

const hello: Anthropic.MessageCreateParamsNonStreaming = {
  model: "claude-opus-4-6",
  max_tokens: 256,
  messages: [{ role: "user", content: "Say hello." }]
}

const bash: Anthropic.Tool = {
  name: "bash",
  input_schema: { type: "object", properties: { command: { type: "string" } } }
}

describe("ModelStandIn: Anthropic Messages", () => {
  it.scoped("answers a message with text, usage and a stop reason", () =>
    Effect.gen(function*() {
      const usage = { input: 11, output: 7, cacheRead: 3, cacheWrite: 2 }
      const standIn = yield* ModelStandIn.make(ModelStandIn.replies([ModelStandIn.text("Hello.", { usage })]))
      const message = yield* ask((signal) =>
        connect(standIn).messages.create({ ...hello, system: [{ type: "text", text: "Be brief." }] }, { signal })
      )
      assert.deepStrictEqual(message.content.map((block) => block.type === "text" ? block.text : block.type), [
        "Hello."
      ])
      assert.strictEqual(message.stop_reason, "end_turn")
      assert.strictEqual(message.usage.input_tokens, 11)
      assert.strictEqual(message.usage.output_tokens, 7)
      assert.strictEqual(message.usage.cache_read_input_tokens, 3)
      assert.strictEqual(message.usage.cache_creation_input_tokens, 2)
      const [call] = yield* standIn.calls
      assert.strictEqual(call?.dialect, "anthropic")
      assert.strictEqual(call?.system, "Be brief.")
      assert.strictEqual(call?.text, "Be brief.\nSay hello.")
    }))

  it.scoped("streams what it would have answered whole", () =>
    Effect.gen(function*() {
      const reply = ModelStandIn.tools(
        [{ name: "bash", input: { command: "ls -la /a/path/that/is/long" } }, { name: "bash", input: {} }],
        { text: "I look around first, 𝒎ind you, and in more than one delta.", usage: { output: 42 } }
      )
      const standIn = yield* ModelStandIn.make(ModelStandIn.replies([reply, reply]))
      const client = connect(standIn)
      const body = { ...hello, tools: [bash] }
      const whole = yield* ask((signal) => client.messages.create(body, { signal }))
      const streamed = yield* ask((signal) => client.messages.stream(body, { signal }).finalMessage())
      assert.deepStrictEqual(
        streamed.content.map((block) => block.type === "tool_use" ? block.input : block),
        whole.content.map((block) => block.type === "tool_use" ? block.input : block)
      )
      assert.strictEqual(streamed.stop_reason, "tool_use")
      assert.deepStrictEqual(
        [streamed.usage.input_tokens, streamed.usage.output_tokens],
        [whole.usage.input_tokens, whole.usage.output_tokens]
      )
    }))

  it.scoped("takes a tool's result back and shows it to the script", () =>
    Effect.gen(function*() {
      const standIn = yield* ModelStandIn.make((request) =>
        Effect.succeed(
          request.messages.some((message) => message.toolResults.some((result) => result.text === "README.md"))
            ? ModelStandIn.text("There is a README.")
            : ModelStandIn.tools([{ name: "bash", input: { command: "ls" } }])
        )
      )
      const client = connect(standIn)
      const first = yield* ask((signal) => client.messages.create({ ...hello, tools: [bash] }, { signal }))
      const results = first.content.flatMap((block) =>
        block.type === "tool_use"
          ? [{ type: "tool_result" as const, tool_use_id: block.id, content: "README.md" }]
          : []
      )
      const second = yield* ask((signal) =>
        client.messages.create({
          ...hello,
          tools: [bash],
          messages: [
            ...hello.messages,
            { role: "assistant", content: first.content },
            { role: "user", content: results }
          ]
        }, { signal })
      )
      assert.strictEqual(second.stop_reason, "end_turn")
      assert.deepStrictEqual((yield* standIn.calls).map((call) => call.tools.map((tool) => tool.name)), [["bash"], [
        "bash"
      ]])
    }))

  it.scoped("counts tokens and lists models", () =>
    Effect.gen(function*() {
      const standIn = yield* ModelStandIn.make(ModelStandIn.replies([]), { models: ["claude-a", "claude-b"] })
      const client = connect(standIn)
      const { max_tokens: _, ...countable } = hello
      const count = yield* ask((signal) => client.messages.countTokens(countable, { signal }))
      assert.strictEqual(count.input_tokens, 3)
      const models = yield* ask((signal) => client.models.list({}, { signal }))
      assert.deepStrictEqual(models.data.map((model) => model.id), ["claude-a", "claude-b"])
      const unknown = yield* failure((signal) => client.messages.create(hello, { signal }))
      assert.deepStrictEqual([unknown.status, unknown.type], [404, "not_found_error"])
      assert.strictEqual((yield* standIn.calls).length, 0)
    }))

  it.scoped("answers faults as the service does", () =>
    Effect.gen(function*() {
      const standIn = yield* ModelStandIn.make(ModelStandIn.replies([
        ModelStandIn.rateLimited(17),
        ModelStandIn.refuse(500),
        ModelStandIn.reset,
        ModelStandIn.text("never read as JSON", { ending: "malformed" }),
        ModelStandIn.text("cut in the middle", { ending: "cut" }),
        ModelStandIn.text("overloaded", { ending: "overloaded" }),
        Effect.dieMessage("no such case")
      ]))
      const client = connect(standIn)
      const create = (signal: AbortSignal) => client.messages.create(hello, { signal })
      const limited = yield* failure(create)
      assert.deepStrictEqual([limited.status, limited.type], [429, "rate_limit_error"])
      assert.strictEqual(limited.headers?.get("retry-after"), "17")
      assert.strictEqual((yield* failure(create)).type, "api_error")
      assert.instanceOf(yield* failure(create), Anthropic.APIConnectionError)
      assert.instanceOf(yield* Effect.flip(ask(create)), SyntaxError)
      assert.match(String(yield* Effect.flip(ask(create))), /terminated|socket|aborted/i)
      assert.deepStrictEqual((yield* failure(create)).status, 529)
      assert.include((yield* failure(create)).message, "no such case")
      assert.include((yield* failure(create)).message, "no reply to request 8")
      assert.deepStrictEqual(
        (yield* standIn.journal.entries).map((exchange) => exchange.outcome),
        ["refused", "refused", "failed", "failed", "failed", "refused", "refused", "refused"]
      )
    }))

  for (const ending of ["cut", "closed", "malformed", "overloaded"] as const) {
    it.scoped(`breaks a stream off in the middle: ${ending}`, () =>
      Effect.gen(function*() {
        const standIn = yield* ModelStandIn.make(ModelStandIn.replies([
          ModelStandIn.text("A text that is long enough for it to come in several deltas.", { ending })
        ]))
        const events = yield* ask((signal) => connect(standIn).messages.create({ ...hello, stream: true }, { signal }))
        const exit = yield* Stream.fromAsyncIterable(events, (error) => error).pipe(
          Stream.map((event) => event.type),
          Stream.either,
          Stream.runCollect,
          Effect.map(Chunk.toReadonlyArray)
        )
        const seen = exit.flatMap((event) => event._tag === "Right" ? [event.right] : [])
        assert.include(seen, "message_start")
        assert.notInclude(seen, "message_stop")
        assert.strictEqual(exit.some((event) => event._tag === "Left"), ending !== "closed")
        assert.strictEqual((yield* standIn.journal.awaitEntry((entry) => entry.outcome !== "open")).outcome, "failed")
      }))
  }

  it.scoped("holds a stream in the middle until the script continues it", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const standIn = yield* ModelStandIn.make(ModelStandIn.replies([
        ModelStandIn.text("One half of this text comes before the gate, the other after it.", {
          midway: Deferred.await(gate)
        })
      ]))
      const events = yield* ask((signal) => connect(standIn).messages.create({ ...hello, stream: true }, { signal }))
      const types = yield* Stream.fromAsyncIterable(events, (error) => error).pipe(
        Stream.tap((event) => event.type === "content_block_delta" ? Deferred.succeed(gate, undefined) : Effect.void),
        Stream.map((event) => event.type),
        Stream.runCollect
      )
      assert.include(Chunk.toReadonlyArray(types), "message_stop")
    }))

  it.scoped("notes a client that went away while the script hung", () =>
    Effect.gen(function*() {
      const standIn = yield* ModelStandIn.make(() => Effect.never)
      const asking = yield* Effect.fork(ask((signal) => connect(standIn).messages.create(hello, { signal })))
      yield* standIn.awaitCalls(1)
      yield* Fiber.interrupt(asking)
      const exchange = yield* standIn.journal.awaitEntry((entry) => entry.outcome !== "open")
      assert.strictEqual(exchange.outcome, "aborted")
    }))
})
