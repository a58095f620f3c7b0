/** An earlier conversation that the model's API refuses. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Turn } from "../../../sandbox/agent/Transcript.ts"
import { runAgent } from "./AgentKit.ts"

const reply = (text: string) =>
  Turn.Model({
    reply: {
      raw: { role: "assistant", content: text },
      text,
      calls: [],
      stop: "end",
      usage: { inputTokens: 1, outputTokens: 1 }
    }
  })

const before = [
  Turn.User({ text: "Make the file made.", isPrompt: true, instructions: "Use tabs." }),
  reply("It is made."),
  Turn.User({ text: "Your reply was cut off." }),
  reply("It is made, and tested.")
]

const refusal = (message: string) => ({
  status: 400,
  body: { type: "error", error: { type: "invalid_request_error", message } }
})

describe("an earlier conversation that the model's API refuses", () => {
  for (const dialect of ["anthropic", "openai"] as const) {
    it.scopedLive(`is told in the prompt, and goes on from there (${dialect})`, () =>
      Effect.gen(function*() {
        const { answer, end, kept, log, requests } = yield* runAgent(
          dialect,
          [refusal("messages.1: unknown block"), { text: "It is mended." }],
          { before, prompt: "Mend the file." }
        )
        assert.strictEqual(end, "done")
        assert.strictEqual(answer, "It is mended.")
        const asked = JSON.stringify(requests[1]?.body.messages)
        for (const text of ["Make the file made.", "It is made, and tested.", "Mend the file.", "Use tabs."]) {
          assert.include(asked, text)
        }
        assert.notInclude(asked, "Your reply was cut off.")
        assert.notInclude(asked, "\"role\":\"assistant\"")
        assert.isTrue(log.some((line) => line.includes("messages.1: unknown block")))
        assert.strictEqual(kept.at(-1)?.length, 2)
      }).pipe(Effect.provide(NodeContext.layer)))
  }

  it.scopedLive("stays as it was where the reason is another one", () =>
    Effect.gen(function*() {
      const { end, kept, note, requests } = yield* runAgent(
        "anthropic",
        [refusal("no credit"), refusal("no credit")],
        { before, prompt: "Mend the file." }
      )
      assert.strictEqual(end, "failed")
      assert.include(note, "no credit")
      assert.strictEqual(requests.length, 2)
      assert.deepStrictEqual(kept.at(-1)?.slice(0, before.length), before)
    }).pipe(Effect.provide(NodeContext.layer)))
})
