/** Calls whose cost a budget could not count: refused with a sentence, before anything goes out. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { answer, gemini, itScoped, post, setUp, user } from "./GatewayKit.ts"

const messagesOf = (body: Readonly<Record<string, unknown>>) =>
  post("/anthropic/v1/messages", { model: "claude-sonnet-4-5", max_tokens: 16, messages: user, ...body })

/** A body byte for byte. */
const raw = (path: string, body: string | Uint8Array) =>
  HttpClientRequest.bodyUint8Array(
    post(path, {}),
    typeof body === "string" ? new TextEncoder().encode(body) : body,
    "application/json"
  )

describe("what is billed otherwise than by listed tokens", () => {
  const anthropic = "/anthropic/v1/messages"
  const chat = "/openai/v1/chat/completions"
  const responses = "/openai/v1/responses"
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`
  const gpt = { model: "gpt-5", messages: user }
  const cases: ReadonlyArray<readonly [string, HttpClientRequest.HttpClientRequest, string]> = [
    ["a background response", post(responses, { model: "gpt-5", input: "hi", background: true }), "background"],
    ["a stored prompt", post(responses, { model: "gpt-5", prompt: { id: "pmpt_1" } }), "prompt"],
    ["a priority tier", post(chat, { ...gpt, service_tier: "priority" }), "service_tier"],
    ["a fast mode", messagesOf({ speed: "fast" }), "speed"],
    ["audio", post(chat, { ...gpt, audio: { voice: "x", format: "wav" } }), "audio"],
    ["a provider's tool", messagesOf({ tools: [{ type: "web_search_20250305", name: "web_search" }] }), "web_search"],
    ["another provider's tool", post(responses, { ...gpt, tools: [{ type: "image_generation" }] }), "image_generation"],
    ["a model named twice", raw(chat, "{\"model\":\"o1-pro\",\"messages\":[],\"model\":\"gpt-5-nano\"}"), "twice"],
    ["a model named in another case", raw(chat, "{\"Model\":\"o1-pro\",\"model\":\"gpt-5-nano\"}"), "twice"],
    ["a model named with an escape", raw(chat, "{\"mod\\u0065l\":\"o1-pro\",\"model\":\"gpt-5-nano\"}"), "twice"],
    ["Gemini's search", gemini(true, { tools: [{ functionDeclarations: [] }, { googleSearch: {} }] }), "googlesearch"],
    ["a kind of tool that is not known", gemini(false, { tools: [{ tomorrows_tool: {} }] }), "tomorrows_tool"],
    ["spoken answers", gemini(true, { generationConfig: { responseModalities: ["AUDIO"] } }), "responsemodalities"],
    ["audio for Gemini", gemini(true, { contents: [{ parts: [{ inlineData: { mimeType: "audio/wav" } }] }] }), "audio"],
    ["Gemini's priority tier", gemini(true, { serviceTier: "priority" }), "servicetier"],
    ["no model", raw(anthropic, "{\"max_tokens\":1}"), "no model"],
    ["no JSON", raw(anthropic, "{'model':'claude-sonnet-4-5'}"), "not JSON"],
    ["JSON in UTF-16", raw(anthropic, Buffer.from("{\"model\":\"claude-sonnet-4-5\"}", "utf16le")), "not JSON"],
    ["JSON that is nested deeper than anybody needs", raw(chat, `{"model":"gpt-5","messages":${deep}}`), "too deep"]
  ]
  for (const [name, request, word] of cases) {
    itScoped(`${name} is refused under a budget, and nothing goes out`, () =>
      Effect.gen(function*() {
        const { api, send } = yield* setUp(answer, { remainingUsd: 1 })
        const response = yield* send(request)
        assert.strictEqual(response.status, 400)
        assert.include(yield* response.text, word)
        assert.lengthOf(yield* api.journal.entries, 0)
      }))
  }

  itScoped(
    "passes without a budget, and a chat that is too deep to be read stays as it is",
    () =>
      Effect.gen(function*() {
        const { api, send } = yield* setUp(answer)
        yield* send(post(responses, { model: "gpt-5", input: "hi", service_tier: "priority" }))
        const body = `{"stream":true,"model":"gpt-5","messages":${"[".repeat(300)}${"]".repeat(300)}}`
        yield* send(raw(chat, body))
        const [, second] = yield* api.journal.entries
        assert.strictEqual(second?.body, body)
      })
  )
})
