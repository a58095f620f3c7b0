/** Plans that wait for a person, and their buttons. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { stringAt } from "../../standins/slack/SlackJson.ts"
import { alice, allSessions, dataOf, kit, labelsOf, says, sends, texts } from "./TelegramKit.ts"

describe("a plan that waits", () => {
  it.scopedLive(
    "is rejected with a reason, revised, and approved by button; its old buttons are kind",
    () =>
      Effect.gen(function*() {
        const all = yield* kit()
        const { telegram, world } = all
        const server = yield* all.start
        yield* telegram.message({ chat: alice, from: alice, text: "Fix it --approve" })
        const first = yield* says(all, alice, "📋 The plan: Fix it")
        assert.deepStrictEqual(labelsOf(first), ["✅ Approve", "✏️ Reject", "⏹ Stop"])
        const approve = dataOf(first, "Approve")
        const rejecting = yield* telegram.pressButton({ chat: alice, id: first.id }, dataOf(first, "Reject"), alice)
        assert.strictEqual(stringAt(yield* rejecting.answered, "text"), "Why? Reply to my question.")
        const question = yield* says(all, alice, "what is wrong with the plan?")
        yield* telegram.message({ chat: alice, from: alice, replyTo: question.id, text: "use sqlite" })
        const second = yield* says(all, alice, "The plan, revised: Fix it")
        assert.include(world.model.asked.at(-1)?.prompt ?? "", "use sqlite")
        assert.deepStrictEqual(world.engine.started, [])
        const stale = yield* telegram.until((state) =>
          state.messages.some((each) => each.chat === alice && each.id === first.id && each.keyboard === undefined)
        )
        assert.isAbove(stale.messages.length, 0)
        const pressed = yield* telegram.pressButton({ chat: alice, id: second.id }, dataOf(second, "Approve"), alice)
        assert.strictEqual(stringAt(yield* pressed.answered, "text"), "Approved.")
        yield* sends(all, alice, ".log")
        const [session] = yield* allSessions(server)
        assert.strictEqual(session?.status, "complete")
        assert.notStrictEqual(approve, dataOf(second, "Approve"))
        assert.strictEqual((yield* texts(all, alice)).filter((text) => text.startsWith("📋")).length, 2)
      }),
    30_000
  )

  it.scopedLive("is stopped by /stop, and the chat shows it", () =>
    Effect.gen(function*() {
      const all = yield* kit()
      const { telegram } = all
      const server = yield* all.start
      yield* telegram.message({ chat: alice, from: alice, text: "/new Fix it --approve" })
      yield* says(all, alice, "📋 The plan: Fix it")
      yield* telegram.message({ chat: alice, from: alice, text: "/stop" })
      yield* says(all, alice, "⏹ Stopped.")
      yield* sends(all, alice, ".log")
      const [session] = yield* allSessions(server)
      assert.strictEqual(session?.status, "cancelled")
    }), 30_000)
})
