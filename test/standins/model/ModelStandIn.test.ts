import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import type { ModelMessage } from "./ModelScript.ts"
import { pieces } from "./ModelScript.ts"
import * as ModelStandIn from "./ModelStandIn.ts"
import { turnFault } from "./ModelTurns.ts"

const AnthropicError = Schema.Struct({
  type: Schema.Literal("error"),
  error: Schema.Struct({ type: Schema.String, message: Schema.String }),
  request_id: Schema.String
})

const OpenAiError = Schema.Struct({
  error: Schema.Struct({
    message: Schema.String,
    type: Schema.String,
    param: Schema.NullOr(Schema.String),
    code: Schema.NullOr(Schema.String)
  })
})

type Headers = Record<string, string>

const post = (url: string, headers: Headers, body: unknown) =>
  HttpClientRequest.post(url).pipe(
    HttpClientRequest.setHeaders(headers),
    HttpClientRequest.bodyText(typeof body === "string" ? body : JSON.stringify(body), "application/json"),
    HttpClient.execute,
    Effect.flatMap((response) => Effect.map(response.json, (json) => ({ status: response.status, json }))),
    Effect.provide(FetchHttpClient.layer)
  )

const user = { role: "user", content: "hi" }
const toolUse = { type: "tool_use", id: "t1", name: "bash", input: {} }
const toolResult = { type: "tool_result", tool_use_id: "t1", content: "done" }
const bash = { name: "bash", input_schema: { type: "object" } }

describe("ModelStandIn: what Anthropic refuses", () => {
  const headers: Headers = { "x-api-key": "real", "anthropic-version": "2026-10-21" }
  const body = { model: "claude-opus-4-6", max_tokens: 16, messages: [user] }
  const { "x-api-key": _key, ...noKey } = headers
  const { "anthropic-version": _version, ...noVersion } = headers

  const cases: ReadonlyArray<readonly [name: string, headers: Headers, body: unknown, status: number, says: string]> = [
    ["no key", noKey, body, 401, "x-api-key"],
    ["a wrong key", { ...headers, "x-api-key": "dummy" }, body, 401, "invalid x-api-key"],
    ["a dummy beside the key", { ...headers, authorization: "Bearer dummy" }, body, 401, "invalid x-api-key"],
    ["no version", noVersion, body, 400, "anthropic-version"],
    ["an unheard-of version", { ...headers, "anthropic-version": "1" }, body, 400, "anthropic-version"],
    ["no JSON", headers, "{", 400, "JSON"],
    ["no model", headers, { ...body, model: undefined }, 400, "model: Field required"],
    ["no max_tokens", headers, { ...body, max_tokens: undefined }, 400, "max_tokens: Field required"],
    ["no room to answer", headers, { ...body, max_tokens: 0 }, 400, "max_tokens"],
    ["no messages", headers, { ...body, messages: undefined }, 400, "messages: Field required"],
    ["empty messages", headers, { ...body, messages: [] }, 400, "messages"],
    ["an empty message", headers, { ...body, messages: [{ role: "user", content: "" }] }, 400, "messages.0.content"],
    ["an unknown role", headers, { ...body, messages: [{ ...user, role: "tool" }] }, 400, "messages.0.role"],
    ["a misspelt field", headers, { ...body, maxTokens: 1 }, 400, "maxTokens: Extra inputs are not permitted"],
    ["a field of before", headers, { ...body, temperature: 1 }, 400, "temperature"],
    [
      "an assistant first",
      headers,
      { ...body, messages: [{ ...user, role: "assistant" }, user] },
      400,
      "first message"
    ],
    ["an assistant last", headers, { ...body, messages: [user, { ...user, role: "assistant" }] }, 400, "prefill"],
    ["a tool choice without tools", headers, { ...body, tool_choice: { type: "auto" } }, 400, "tool_choice"],
    ["two tools of a name", headers, { ...body, tools: [bash, bash] }, 400, "unique"],
    ["a tool without a schema", headers, { ...body, tools: [{ name: "bash" }] }, 400, "tools.0"],
    [
      "a result without its use",
      headers,
      { ...body, tools: [bash], messages: [{ role: "user", content: [toolResult] }] },
      400,
      "t1"
    ],
    [
      "a use without its result",
      headers,
      { ...body, tools: [bash], messages: [user, { role: "assistant", content: [toolUse] }, user] },
      400,
      "t1"
    ],
    [
      "tool blocks without tools",
      headers,
      {
        ...body,
        messages: [user, { role: "assistant", content: [toolUse] }, { role: "user", content: [toolResult] }]
      },
      400,
      "must define its tools"
    ]
  ]

  for (const [name, headers, body, status, says] of cases) {
    it.scoped(name, () =>
      Effect.gen(function*() {
        const standIn = yield* ModelStandIn.make(ModelStandIn.replies([]), { expectedKey: "real" })
        const answer = yield* post(`${standIn.url}/v1/messages`, headers, body)
        const { error } = yield* Schema.decodeUnknown(AnthropicError)(answer.json)
        assert.strictEqual(answer.status, status)
        assert.strictEqual(error.type, status === 401 ? "authentication_error" : "invalid_request_error")
        assert.include(error.message, says)
        assert.isEmpty(yield* standIn.calls)
        assert.deepStrictEqual((yield* standIn.journal.entries).map((entry) => entry.outcome), ["refused"])
      }))
  }

  it.scoped("takes what the version before took", () =>
    Effect.gen(function*() {
      const standIn = yield* ModelStandIn.make(() => Effect.succeed(ModelStandIn.text("hi")))
      const before = { ...headers, "anthropic-version": "2023-06-01" }
      const answer = yield* post(`${standIn.url}/v1/messages`, before, { ...body, temperature: 0.5 })
      assert.strictEqual(answer.status, 200)
    }))
})

describe("ModelStandIn: what OpenAI refuses", () => {
  const headers: Headers = { authorization: "Bearer sk-real" }
  const chat = { model: "gpt-6", messages: [user] }
  const call = { id: "c1", type: "function", function: { name: "bash", arguments: "{}" } }
  const asking = { role: "assistant", tool_calls: [call] }
  const result = { role: "tool", tool_call_id: "c1", content: "done" }

  const cases: ReadonlyArray<
    readonly [name: string, path: string, headers: Headers, body: unknown, status: number, says: string]
  > = [
    ["no key", "chat/completions", {}, chat, 401, "API key"],
    ["a wrong key", "chat/completions", { authorization: "Bearer sk-dummy" }, chat, 401, "Incorrect API key"],
    ["no JSON", "chat/completions", headers, "", 400, "JSON"],
    ["no model", "chat/completions", headers, { ...chat, model: undefined }, 400, "'model'"],
    ["no messages", "chat/completions", headers, { ...chat, messages: undefined }, 400, "'messages'"],
    ["empty messages", "chat/completions", headers, { ...chat, messages: [] }, 400, "messages"],
    ["a misspelt field", "chat/completions", headers, { ...chat, maxTokens: 1 }, 400, "'maxTokens'"],
    ["a result without its call", "chat/completions", headers, { ...chat, messages: [user, result] }, 400, "c1"],
    ["a call without its result", "chat/completions", headers, { ...chat, messages: [user, asking, user] }, 400, "c1"],
    ["a result too late", "chat/completions", headers, { ...chat, messages: [user, asking, user, result] }, 400, "c1"],
    ["stream options", "chat/completions", headers, { ...chat, stream_options: {} }, 400, "stream_options"],
    ["no key", "responses", {}, { model: "gpt-6", input: "hi" }, 401, "API key"],
    ["no input", "responses", headers, { model: "gpt-6" }, 400, "'input'"],
    ["empty input", "responses", headers, { model: "gpt-6", input: [] }, 400, "input"],
    ["messages for input", "responses", headers, { ...chat, input: "hi" }, 400, "'messages'"]
  ]

  for (const [name, path, headers, body, status, says] of cases) {
    it.scoped(`${path}: ${name}`, () =>
      Effect.gen(function*() {
        const standIn = yield* ModelStandIn.make(ModelStandIn.replies([]), { expectedKey: "sk-real" })
        const answer = yield* post(`${standIn.openAiUrl}/${path}`, headers, body)
        const { error } = yield* Schema.decodeUnknown(OpenAiError)(answer.json)
        assert.strictEqual(answer.status, status)
        assert.strictEqual(error.type, "invalid_request_error")
        assert.include(error.message, says)
        assert.notInclude(error.message, "sk-dummy")
        assert.isEmpty(yield* standIn.calls)
      }))
  }
})

describe("ModelStandIn", () => {
  it.scoped("knows its endpoints, and those only", () =>
    Effect.gen(function*() {
      const standIn = yield* ModelStandIn.make(ModelStandIn.replies([]))
      const status = (request: HttpClientRequest.HttpClientRequest) =>
        HttpClient.execute(HttpClientRequest.bearerToken(request, "key")).pipe(
          Effect.map((response) => response.status),
          Effect.provide(FetchHttpClient.layer)
        )
      assert.strictEqual(yield* status(HttpClientRequest.head(`${standIn.url}/`)), 200)
      assert.strictEqual(yield* status(HttpClientRequest.get(`${standIn.openAiUrl}/models`)), 200)
      assert.strictEqual(yield* status(HttpClientRequest.get(`${standIn.openAiUrl}/responses`)), 405)
      assert.strictEqual(yield* status(HttpClientRequest.get(`${standIn.openAiUrl}/embeddings`)), 404)
    }))

  it.scoped("says what it saw, in a header or in a body", () =>
    Effect.gen(function*() {
      const standIn = yield* ModelStandIn.make(ModelStandIn.replies([]))
      const headers = { authorization: "Bearer sk-real" }
      yield* post(`${standIn.openAiUrl}/chat/completions`, headers, { model: "m", messages: [user] })
      assert.isTrue(yield* standIn.saw("sk-real"))
      assert.isTrue(yield* standIn.saw("\"hi\""))
      assert.isFalse(yield* standIn.saw("dummy"))
    }))

  it.effect("closes with its scope, though a request hangs", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const standIn = yield* Scope.extend(ModelStandIn.make(() => Effect.never), scope)
      const hanging = yield* Effect.fork(
        post(`${standIn.openAiUrl}/responses`, { authorization: "Bearer k" }, { model: "m", input: "hi" })
      )
      yield* standIn.awaitCalls(1)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* standIn.journal.entries)[0]?.outcome, "aborted")
      assert.isTrue(Exit.isFailure(yield* hanging.await))
      const refused = yield* Effect.exit(post(`${standIn.openAiUrl}/responses`, {}, {}))
      assert.isTrue(Exit.isFailure(refused))
    }))

  it.prop(
    "a text's pieces make the text, each of them well formed",
    [FastCheck.string({ unit: "binary" })],
    ([text]) => {
      assert.strictEqual(pieces(text).join(""), text)
      assert.isTrue(pieces(text).every((piece) => Buffer.from(piece).toString() === piece))
    }
  )

  it.prop("a conversation that answers every call at once is lawful; without one answer it is not", [
    FastCheck.array(FastCheck.integer({ min: 0, max: 3 }), { minLength: 1 })
  ], ([rounds]) => {
    const quiet = { text: "", toolCalls: [], toolResults: [] }
    const conversation = rounds.flatMap((calls, round): ReadonlyArray<ModelMessage> => {
      const ids = Array.from({ length: calls }, (_, index) => `${round}.${index}`)
      return [
        { ...quiet, role: "assistant", toolCalls: ids.map((id) => ({ id, name: "bash", input: {} })) },
        { ...quiet, role: "user", toolResults: ids.map((id) => ({ callId: id, text: "", isError: false })) }
      ]
    })
    assert.isUndefined(turnFault(conversation))
    const called = conversation.flatMap((message) => message.toolCalls).map((call) => call.id)
    const [lost] = called
    const lossy = conversation.map((message) => ({
      ...message,
      toolResults: message.toolResults.filter((result) => result.callId !== lost)
    }))
    assert.deepStrictEqual(turnFault(lossy)?.ids, lost === undefined ? undefined : [lost])
  })
})
