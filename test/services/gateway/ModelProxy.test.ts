import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Http from "node:http"
import * as ModelStandIn from "../../standins/model/ModelStandIn.ts"
import {
  answer,
  chat,
  costs,
  dummyKey,
  gemini,
  itScoped,
  messages,
  post,
  realKey,
  responses,
  setUp,
  tokens,
  user
} from "./GatewayKit.ts"

describe("ModelProxy", () => {
  const dialects = [
    ["Anthropic's Messages", messages, "claude-sonnet-4-5"],
    ["OpenAI's Chat Completions", chat, "gpt-5"],
    ["OpenAI's Responses", responses, "gpt-5"],
    ["Google's Gemini", gemini, "gemini-2.5-pro"]
  ] as const
  for (const [dialect, request, model] of dialects) {
    for (const stream of [false, true]) {
      itScoped(
        `${dialect}, ${stream ? "streamed" : "whole"}: the real key goes out, the tokens are counted`,
        () =>
          Effect.gen(function*() {
            const { api, reports, send } = yield* setUp(answer)
            const response = yield* send(request(stream))
            const text = yield* response.text
            assert.strictEqual(response.status, 200)
            assert.match(text, stream ? /^(event: \w+(\.\w+)*\n)?data: / : /^\{/)
            assert.include(text, stream ? "Hello" : "Hello there.")
            const usage = { inputTokens: 1500, outputTokens: 200, costUsd: costs[model] }
            const report = yield* Queue.take(reports)
            assert.deepStrictEqual({ ...report.usage, costUsd: 0 }, { ...usage, costUsd: 0 })
            assert.closeTo(report.usage.costUsd, usage.costUsd, 1e-12)
            assert.strictEqual(report.model, model)
            assert.isFalse(yield* api.saw(dummyKey))
            const [exchange] = yield* api.journal.entries
            assert.notProperty(exchange?.headers, "cookie")
            assert.strictEqual(yield* Queue.size(reports), 0)
          })
      )
    }
  }

  itScoped("streams while the model is still answering", () =>
    Effect.gen(function*() {
      const more = yield* Deferred.make<void>()
      const { send } = yield* setUp(() =>
        Effect.succeed(ModelStandIn.text("one two three four", { midway: Deferred.await(more) }))
      )
      const response = yield* send(messages(true))
      const chunks = yield* Queue.unbounded<string>()
      const reading = yield* Effect.fork(
        Stream.runForEach(Stream.decodeText(response.stream), (text) => Queue.offer(chunks, text))
      )
      assert.include(yield* Queue.take(chunks), "message_start")
      yield* Deferred.succeed(more, undefined)
      yield* Fiber.join(reading)
      assert.include((yield* Queue.takeAll(chunks)).pipe((all) => [...all].join("")), "message_stop")
    }))

  itScoped("passes a refusal on as it is, and counts nothing", () =>
    Effect.gen(function*() {
      const { reports, send } = yield* setUp(() => Effect.succeed(ModelStandIn.rateLimited(7)))
      const response = yield* send(messages(false))
      assert.deepStrictEqual([response.status, response.headers["retry-after"]], [429, "7"])
      assert.include(yield* response.text, "rate_limit_error")
      assert.strictEqual(yield* Queue.size(reports), 0)
    }))

  itScoped(
    "a reply that breaks off outside breaks off inside, and is counted as far as it came",
    () =>
      Effect.gen(function*() {
        const { reports, send } = yield* setUp(() =>
          Effect.succeed(ModelStandIn.text("one two three", { usage: tokens, ending: "cut" }))
        )
        const response = yield* send(messages(true))
        assert.isTrue(Exit.isFailure(yield* Effect.exit(response.text)))
        const report = yield* Queue.take(reports)
        assert.strictEqual(report.model, "claude-sonnet-4-5")
        assert.strictEqual(report.usage.inputTokens, 1500)
      })
  )

  itScoped("a client that goes away aborts the call, which is counted once", () =>
    Effect.gen(function*() {
      const { api, reports, send } = yield* setUp(() =>
        Effect.succeed(ModelStandIn.text("one two three", { usage: tokens, midway: Effect.never }))
      )
      const response = yield* send(messages(true))
      yield* response.stream.pipe(Stream.take(1), Stream.runDrain)
      const { usage } = yield* Queue.take(reports)
      assert.strictEqual(usage.inputTokens, 1500)
      yield* api.journal.awaitEntry((exchange) => exchange.outcome === "aborted")
      assert.strictEqual(yield* Queue.size(reports), 0)
    }))

  itScoped(
    "a client that goes away before the reply begins aborts the call, which is counted as far as it may have come",
    () =>
      Effect.gen(function*() {
        const { api, reports, send } = yield* setUp(() => Effect.never)
        const waiting = yield* Effect.fork(send(messages(false)))
        yield* api.awaitCalls(1)
        yield* Fiber.interrupt(waiting)
        yield* api.journal.awaitEntry((exchange) => exchange.outcome === "aborted")
        const { estimated, model, usage } = yield* Queue.take(reports)
        assert.deepStrictEqual([model, estimated], ["claude-sonnet-4-5", true])
        assert.isAbove(usage.inputTokens, 0)
        assert.isAtMost(usage.outputTokens, 16)
      })
  )

  itScoped("without a key the call is refused in the API's own words", () =>
    Effect.gen(function*() {
      const provider = { apiKey: Option.none(), baseUrl: "http://127.0.0.1:1" }
      const { send } = yield* setUp(answer, { config: { anthropic: provider, openai: provider } })
      const anthropic = yield* send(messages(false))
      assert.strictEqual(anthropic.status, 503)
      assert.deepStrictEqual(yield* anthropic.json, {
        type: "error",
        error: { type: "api_error", message: "OpenTL has no ANTHROPIC_API_KEY, so this API cannot be called." }
      })
      const openai = yield* send(chat(false))
      assert.strictEqual(openai.status, 503)
      assert.deepStrictEqual(yield* openai.json, {
        error: {
          message: "OpenTL has no OPENAI_API_KEY, so this API cannot be called.",
          type: "api_error",
          param: null,
          code: "api_error"
        }
      })
    }))

  itScoped("an API that cannot be reached is said so", () =>
    Effect.gen(function*() {
      const apiKey = Option.some(Redacted.make(realKey))
      const { send } = yield* setUp(answer, { config: { anthropic: { apiKey, baseUrl: "http://127.0.0.1:1" } } })
      const response = yield* send(messages(false))
      assert.strictEqual(response.status, 502)
      assert.include(yield* response.text, "The model's API cannot be reached.")
    }))

  itScoped("an API outside is called through the host's own proxy", () =>
    Effect.gen(function*() {
      const seen: Array<string> = []
      const proxy = yield* Effect.acquireRelease(
        Effect.async<Http.Server>((resume) => {
          const server = Http.createServer().on("connect", (request, client) => {
            seen.push(request.url ?? "")
            client.end("HTTP/1.1 403 Forbidden\r\n\r\n")
          })
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const address = proxy.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const apiKey = Option.some(Redacted.make(realKey))
      const { send } = yield* setUp(answer, {
        config: { anthropic: { apiKey, baseUrl: "https://api.example.org" } }
      }).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["HTTPS_PROXY", `http://127.0.0.1:${port}`]]))))
      assert.strictEqual((yield* send(messages(false))).status, 502)
      assert.deepStrictEqual(seen, ["api.example.org:443"])
    }))

  itScoped("counts concurrent calls one after the other", () =>
    Effect.gen(function*() {
      const { reports, send } = yield* setUp(answer)
      yield* Effect.forEach(Array.from({ length: 20 }, () => messages(true)), (request) =>
        Effect.flatMap(send(request), (response) => response.text), { concurrency: 10 })
      const all = yield* Queue.takeN(reports, 20)
      assert.isTrue([...all].every((report) =>
        report.usage.outputTokens === 200
      ))
    }))

  itScoped("passes on what the API has, and nothing else", () =>
    Effect.gen(function*() {
      const { api, send } = yield* setUp(answer)
      assert.strictEqual((yield* send(HttpClientRequest.head("/anthropic"))).status, 200)
      const models = HttpClientRequest.get("/anthropic/v1/models", { headers: { "anthropic-version": "2023-06-01" } })
      assert.strictEqual((yield* send(models)).status, 200)
      const count = post("/anthropic/v1/messages/count_tokens", { model: "claude-sonnet-4-5", messages: user })
      assert.strictEqual((yield* send(count)).status, 200)
      const seen = (yield* api.journal.entries).length
      const strangers = [
        HttpClientRequest.get("/"),
        HttpClientRequest.get("/anthropic/v1/messages"),
        HttpClientRequest.del("/anthropic/v1/models/x"),
        post("/anthropic/v1/messages/batches", {}),
        post("/anthropic/v1/organizations/api_keys", {}),
        post("/anthropic/v1/files", {}),
        post("/openai/v1/files", {}),
        post("/openai/v1/responses%2f..%2ffiles", {}),
        HttpClientRequest.get("/openai/v2/models"),
        post("/google/v1beta/models/gemini-2.5-pro:batchGenerateContent", {}),
        post("/google/v1beta/models/gemini-2.5-pro:embedContent", {}),
        post("/google/v1beta/models/x%2f..%2ffiles:generateContent", {}),
        post("/google/v1beta/cachedContents", {})
      ]
      for (const request of strangers) {
        assert.strictEqual((yield* send(request)).status, 403, `${request.method} ${request.url}`)
      }
      assert.lengthOf(yield* api.journal.entries, seen)
    }))

  itScoped("streams a large request without reading it whole", () =>
    Effect.gen(function*() {
      const { send } = yield* setUp(answer)
      const content = "x".repeat(20 * 1024 * 1024)
      const response = yield* send(post("/anthropic/v1/messages", {
        model: "claude-sonnet-4-5",
        max_tokens: 16,
        messages: [{ role: "user", content }]
      }))
      assert.strictEqual(response.status, 200)
    }))

  itScoped("refuses a request under a budget that is larger than it reads", () =>
    Effect.gen(function*() {
      const { send } = yield* setUp(answer, { remainingUsd: 1 })
      const content = "x".repeat(33 * 1024 * 1024)
      const response = yield* send(post("/openai/v1/chat/completions", { messages: content }))
      assert.strictEqual(response.status, 413)
    }))
})
