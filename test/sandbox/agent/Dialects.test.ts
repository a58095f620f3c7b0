import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { anthropicDialect } from "../../../sandbox/agent/AnthropicDialect.ts"
import type { Dialect } from "../../../sandbox/agent/Dialect.ts"
import { openAiDialect } from "../../../sandbox/agent/OpenAiDialect.ts"
import { Turn } from "../../../sandbox/agent/Transcript.ts"

const tool = { name: "shell", description: "runs", parameters: { type: "object" } }

/** The request that follows an answer of the API, when its calls have been run. */
const nextRequest = (dialect: Dialect, body: unknown) =>
  Effect.map(dialect.decode(JSON.stringify(body)), (reply) => {
    const results = reply.calls.map(({ id }) => ({ callId: id, text: `result of ${id}`, failed: id === "b" }))
    const transcript = [Turn.User({ text: "task" }), Turn.Model({ reply }), Turn.Tools({ results })]
    return {
      reply,
      request: dialect.encode("model-1", {
        system: "be good",
        tools: [tool],
        transcript,
        toolUse: "auto",
        onRetry: () => Effect.void
      })
    }
  })

describe("Dialects", () => {
  it.effect("Anthropic: echoes content untouched, marks what is to be cached", () =>
    Effect.gen(function*() {
      const content = [
        { type: "thinking", thinking: "hm", signature: "s" },
        { type: "text", text: "I look." },
        { type: "tool_use", id: "a", name: "shell", input: { command: "ls" } },
        { type: "tool_use", id: "b", name: "shell", input: {} }
      ]
      const usage = { input_tokens: 1, cache_creation_input_tokens: 20, cache_read_input_tokens: 300, output_tokens: 4 }
      const { reply, request } = yield* nextRequest(anthropicDialect, { content, stop_reason: "tool_use", usage })
      assert.deepInclude(reply, { text: "I look.", stop: "end", usage: { inputTokens: 321, outputTokens: 4 } })
      assert.deepStrictEqual(reply.calls, [
        { id: "a", name: "shell", input: { command: "ls" } },
        { id: "b", name: "shell", input: {} }
      ])
      const cache_control = { type: "ephemeral" }
      assert.deepStrictEqual(request, {
        model: "model-1",
        max_tokens: 16_384,
        system: [{ type: "text", text: "be good", cache_control }],
        tools: [{ name: "shell", description: "runs", input_schema: { type: "object" } }],
        tool_choice: { type: "auto" },
        messages: [
          { role: "user", content: [{ type: "text", text: "task" }] },
          { role: "assistant", content },
          {
            role: "user",
            content: [
              { type: "tool_result", tool_use_id: "a", content: "result of a", is_error: false },
              { type: "tool_result", tool_use_id: "b", content: "result of b", is_error: true, cache_control }
            ]
          }
        ]
      })
    }))

  it.effect("OpenAI: echoes the message untouched, one message for each result", () =>
    Effect.gen(function*() {
      const call = (id: string, json: string) => ({
        id,
        type: "function",
        function: { name: "shell", arguments: json }
      })
      const message = {
        role: "assistant",
        content: null,
        reasoning_content: "hm",
        tool_calls: [call("a", "{\"command\":\"ls\"}"), call("b", "{broken")]
      }
      const { reply, request } = yield* nextRequest(openAiDialect, {
        choices: [{ message, finish_reason: "tool_calls" }],
        usage: { prompt_tokens: 9, completion_tokens: 2 }
      })
      assert.deepInclude(reply, { text: "", stop: "end", usage: { inputTokens: 9, outputTokens: 2 } })
      assert.deepStrictEqual(reply.calls, [
        { id: "a", name: "shell", input: { command: "ls" } },
        { id: "b", name: "shell", input: "{broken" }
      ])
      assert.deepStrictEqual(request, {
        model: "model-1",
        messages: [
          { role: "system", content: "be good" },
          { role: "user", content: "task" },
          message,
          { role: "tool", tool_call_id: "a", content: "result of a" },
          { role: "tool", tool_call_id: "b", content: "result of b" }
        ],
        tools: [{ type: "function", function: tool }],
        tool_choice: "auto"
      })
    }))

  it.effect("take a reply without usage, and know one that was cut", () =>
    Effect.gen(function*() {
      const anthropic = yield* anthropicDialect.decode("{\"content\":[],\"stop_reason\":\"max_tokens\"}")
      assert.deepInclude(anthropic, { stop: "length", usage: { inputTokens: 0, outputTokens: 0 } })
      const openai = yield* openAiDialect.decode(
        "{\"choices\":[{\"message\":{\"content\":\"x\",\"tool_calls\":null},\"finish_reason\":\"length\"}]}"
      )
      assert.deepInclude(openai, { text: "x", calls: [], stop: "length", usage: { inputTokens: 0, outputTokens: 0 } })
    }))
})
