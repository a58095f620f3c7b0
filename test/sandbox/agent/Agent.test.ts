import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { runAgent } from "./AgentKit.ts"
import type { DialectName, ScriptedCall } from "./ScriptedModel.ts"

const shell = (command: string, id = "call-1"): ScriptedCall => ({ id, name: "shell", input: { command } })

/** How each API is told about tool results, and how it gets its own message back. */
const told = {
  anthropic: (id: string, text: string, failed = false) => ({
    type: "tool_result",
    tool_use_id: id,
    content: text,
    is_error: failed
  }),
  openai: (id: string, text: string) => ({ role: "tool", tool_call_id: id, content: text })
}

const dialects: ReadonlyArray<DialectName> = ["anthropic", "openai"]

layer(NodeContext.layer, { excludeTestServices: true })("Agent", (it) => {
  for (const dialect of dialects) {
    it.scoped(`works until it answers without a call (${dialect})`, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { answer, directory, end, log, requests, steps, usage } = yield* runAgent(dialect, [
          { text: "Looking.", calls: [shell("echo out; echo err >&2; exit 3"), shell("echo x > made", "call-2")] },
          { calls: [{ id: "call-3", name: "edit", input: { action: "create", path: "a/b.txt", content: "text" } }] },
          { text: "All done." }
        ])
        assert.strictEqual(end, "done")
        assert.strictEqual(answer, "All done.")
        assert.strictEqual(yield* fs.readFileString(`${directory}/made`), "x\n")
        assert.strictEqual(yield* fs.readFileString(`${directory}/a/b.txt`), "text")
        assert.deepStrictEqual(log, [
          "Looking.",
          "▸ echo out; echo err >&2; exit 3",
          "  out",
          "  err",
          "✗ echo out; echo err >&2; exit 3",
          "  [exit code 3]",
          "▸ echo x > made",
          "✓ echo x > made",
          "▸ Write a/b.txt",
          "✓ Write a/b.txt",
          "a/b.txt +1 -0",
          "All done."
        ])
        assert.deepStrictEqual({ steps, usage }, { steps: 3, usage: { inputTokens: 300, outputTokens: 15 } })
        const second = JSON.stringify(requests[1]?.body.messages)
        assert.include(second, JSON.stringify(told[dialect]("call-1", "out\nerr\n[exit code 3]")))
        assert.include(
          second,
          dialect === "anthropic" ? "{\"type\":\"from_the_future\",\"payload\":7}" : "\"from_the_future\":7"
        )
      }))

    it.scoped(`tells the model what is wrong with a call (${dialect})`, () =>
      Effect.gen(function*() {
        const { end, log, requests } = yield* runAgent(dialect, [
          {
            calls: [
              { id: "1", name: "shell", input: { timeout_seconds: 5 } },
              { id: "2", name: "browse", input: {} },
              { id: "3", name: "shell", input: "{not json" },
              { id: "4", name: "edit", input: { action: "view", path: "nothing.txt" } }
            ]
          },
          { text: "I see." }
        ])
        assert.strictEqual(end, "done")
        assert.include(log, "✗ (a tool call that cannot be run)")
        const messages = JSON.stringify(requests[1]?.body.messages)
        assert.include(messages, "The input does not fit the tool shell:\\n- command: is missing")
        assert.include(messages, "There is no tool browse. There are: shell, edit, todo.")
        assert.include(messages, "There is no file nothing.txt.")
        assert.strictEqual(messages.match(/The input does not fit/g)?.length, 2)
      }))

    it.scoped(`asks again after a lost connection, an overload and a rate limit (${dialect})`, () =>
      Effect.gen(function*() {
        const now = { "retry-after": "0" }
        const { answer, log, requests } = yield* runAgent(dialect, [
          "disconnect",
          { status: 529, body: { error: { message: "overloaded" } }, headers: now },
          { status: 429, body: "slow down", headers: now },
          { text: "Done." }
        ])
        assert.strictEqual(answer, "Done.")
        assert.strictEqual(requests.length, 4)
        assert.include(log, "The model API refused the request with HTTP 529: overloaded. Trying again.")
        assert.isTrue(log[0]?.startsWith("The model API cannot be reached"))
      }))

    it.scoped(`stops politely when the budget is used up (${dialect})`, () =>
      Effect.gen(function*() {
        const error = { type: "budget_exceeded", message: "The session's budget of $1.00 is used up." }
        const { answer, end, steps, usage } = yield* runAgent(dialect, [
          { text: "First I look around.", calls: [shell("true")] },
          { status: 402, body: { error } }
        ])
        assert.strictEqual(end, "budget")
        assert.strictEqual(answer, `First I look around.\n\nStopped: ${error.message}`)
        assert.deepStrictEqual({ steps, usage }, { steps: 1, usage: { inputTokens: 100, outputTokens: 5 } })
      }))

    it.scoped(`asks for a summary without tools at the step limit (${dialect})`, () =>
      Effect.gen(function*() {
        const { answer, end, requests } = yield* runAgent(dialect, [
          { calls: [shell("echo 1")] },
          { calls: [shell("echo 2")] },
          { text: "Half done.", calls: [shell("echo 3")] }
        ], { maxSteps: 2 })
        assert.strictEqual(end, "steps")
        assert.strictEqual(answer, "Half done.\n\nStopped: the step limit of 2 was reached.")
        assert.deepStrictEqual(
          requests.map(({ body }) => body.tool_choice),
          {
            anthropic: [{ type: "auto" }, { type: "auto" }, { type: "none" }],
            openai: ["auto", "auto", "none"]
          }[dialect]
        )
      }))

    it.scoped(`continues words that were cut, and runs no call of a cut reply (${dialect})`, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { answer, directory, requests } = yield* runAgent(dialect, [
          { text: "Writing.", calls: [shell("touch never")], cut: true },
          { text: "The ans", cut: true },
          { text: "wer." }
        ])
        assert.strictEqual(answer, "The answer.")
        assert.isFalse(yield* fs.exists(`${directory}/never`))
        assert.include(JSON.stringify(requests[1]?.body.messages), "Not run: your reply was cut off")
        assert.include(JSON.stringify(requests[2]?.body.messages.at(-1)), "Continue exactly where it stopped")
      }))

    it.scoped(`asks with half of a conversation that the model cannot take (${dialect})`, () =>
      Effect.gen(function*() {
        const noise = (digit: number) => ({ calls: [shell(`head -c 9000 /dev/zero | tr '\\0' ${digit}`)] })
        const tooLong = { status: 400, body: { error: { message: "prompt is too long: 1 > 0" } } }
        const { answer, requests } = yield* runAgent(dialect, [...Arr.makeBy(10, noise), tooLong, { text: "Fits." }])
        assert.strictEqual(answer, "Fits.")
        const last = JSON.stringify(requests.at(-1)?.body.messages)
        assert.include(last, "[9014 characters of output left out to save space]")
        assert.include(last, "999999999")
      }))
  }

  it.scoped("goes on from the model's own summary where the conversation is long, and says so", () =>
    Effect.gen(function*() {
      const noise = (digit: number) => ({ calls: [shell(`head -c 3000 /dev/zero | tr '\\0' ${digit}`)] })
      const todo = { id: "t", name: "todo", input: { items: [{ content: "the item", status: "in_progress" }] } }
      const { kept, log, requests, steps, usage } = yield* runAgent("anthropic", [
        { calls: [todo] },
        ...Arr.makeBy(5, noise),
        { text: "I have seen zeros to fours." },
        { text: "Done." }
      ], { elision: { limit: 15_000, target: 10_000 } })
      const [summary, after] = requests.slice(-2)
      assert.deepStrictEqual(summary?.body.tool_choice, { type: "none" })
      assert.include(JSON.stringify(summary?.body.messages.at(-1)), "Write down now what you will need to go on")
      const told = JSON.stringify(after?.body.messages)
      for (const text of ["the task", "I have seen zeros to fours.", "[>] the item", "4444"]) assert.include(told, text)
      assert.notInclude(told, "1111")
      assert.notInclude(told, "Write down now")
      assert.isTrue(log.some((line) => /^The conversation has become long \(\d+ characters\): it goes on/.test(line)))
      assert.deepStrictEqual({ steps, usage }, { steps: 7, usage: { inputTokens: 800, outputTokens: 40 } })
      assert.include(JSON.stringify(kept.at(-1)), "I have seen zeros to fours.")
    }))

  it.scoped("leaves out the oldest where the model does not sum up", () =>
    Effect.gen(function*() {
      const noise = (digit: number) => ({ calls: [shell(`head -c 3000 /dev/zero | tr '\\0' ${digit}`)] })
      for (const refusal of [{ status: 400, body: { error: { message: "no" } } }, { text: "" }]) {
        const { answer, log, requests } = yield* runAgent("openai", [
          ...Arr.makeBy(5, noise),
          refusal,
          { text: "Done." }
        ], { elision: { limit: 15_000, target: 10_000 } })
        assert.strictEqual(answer, "Done.")
        assert.include(log, "The conversation has become long: its oldest steps were left out.")
        assert.include(JSON.stringify(requests.at(-1)?.body.messages), "characters of output left out to save space")
      }
    }))

  it.scoped("keeps a to-do list that people see", () =>
    Effect.gen(function*() {
      const items = [{ content: "read", status: "done" }, { content: "mend", status: "in_progress" }, {
        content: "test",
        status: "pending"
      }]
      const { log, requests } = yield* runAgent("anthropic", [
        { calls: [{ id: "1", name: "todo", input: { items } }] },
        { calls: [{ id: "2", name: "todo", input: { items: [{ content: "x", status: "lost" }] } }] },
        { text: "Done." }
      ])
      assert.strictEqual(log[0], "to do: [x] read · [>] mend · [ ] test")
      assert.include(JSON.stringify(requests[1]?.body.messages), "The list is kept.")
      assert.include(JSON.stringify(requests[2]?.body.messages), "The input does not fit the tool todo")
    }))

  it.scoped("fails with a clear sentence when the API refuses", () =>
    Effect.gen(function*() {
      const body = { type: "error", error: { type: "not_found_error", message: "model: model-1" } }
      const { answer, end, note, requests } = yield* runAgent("anthropic", [{ status: 404, body }])
      assert.strictEqual(end, "failed")
      assert.strictEqual(answer, "error: The model API refused the request with HTTP 404: model: model-1")
      assert.strictEqual(note, answer)
      assert.strictEqual(requests.length, 1)
    }))

  it.scoped("sends each API its own headers, and nothing of a trace", () =>
    Effect.gen(function*() {
      const anthropic = yield* runAgent("anthropic", [{ text: "." }])
      assert.strictEqual(anthropic.requests[0]?.url, "/v1/messages")
      assert.deepInclude(anthropic.requests[0]?.headers, { "x-api-key": "the-key", "anthropic-version": "2023-06-01" })
      const openai = yield* runAgent("openai", [{ text: "." }])
      assert.strictEqual(openai.requests[0]?.url, "/chat/completions")
      assert.strictEqual(openai.requests[0]?.headers["authorization"], "Bearer the-key")
      assert.notProperty(openai.requests[0]?.headers, "traceparent")
    }))

  it.scoped("takes the last words where the model ends without any", () =>
    Effect.gen(function*() {
      const { answer } = yield* runAgent("anthropic", [{ text: "It works.", calls: [shell("true")] }, {}])
      assert.strictEqual(answer, "It works.")
    }))
})
