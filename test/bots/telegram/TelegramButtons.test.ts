/** Plans that wait for a person, and their buttons. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { alice, allSessions, labelsOf, press, pressOld, running, says, sends, texts, write } from "./TelegramKit.ts"

describe("a plan that waits", () => {
  it.scopedLive("is rejected with a reason, revised, and approved by button; its old buttons answer nothing", () =>
    Effect.gen(function*() {
      const { all, server, telegram, world } = yield* running()
      yield* write(all, "Fix it --approve")
      const first = yield* says(all, alice, "📋 The plan: Fix it")
      assert.deepStrictEqual(labelsOf(first), ["✅ Approve", "✏️ Reject", "⏹ Stop"])
      assert.strictEqual(yield* press(all, first, "Reject"), "Why? Reply to my question.")
      const question = yield* says(all, alice, "what is wrong with the plan?")
      yield* write(all, "use sqlite", { replyTo: question.id })
      const second = yield* says(all, alice, "The plan, revised: Fix it")
      assert.include(world.model.asked.at(-1)?.prompt ?? "", "use sqlite")
      assert.deepStrictEqual(world.engine.started, [])
      const stale = yield* telegram.until((state) =>
        state.messages.some((each) => each.chat === alice && each.id === first.id && each.keyboard === undefined)
      )
      assert.isAbove(stale.messages.length, 0)
      for (const button of ["Approve", "Reject"]) {
        const [{ id } = { id: "" }] = yield* allSessions(server)
        assert.strictEqual(
          yield* pressOld(all, first, button),
          `This answer is for plan 1 of turn 1, which was replaced: session ${id} now waits for an answer to plan 2 of turn 1.`
        )
        const [waiting] = yield* allSessions(server)
        assert.deepStrictEqual([waiting?.status, waiting?.turn, waiting?.proposal], ["waiting", 1, 2], button)
      }
      assert.strictEqual(yield* press(all, second, "Approve"), "Approved.")
      yield* sends(all, alice, ".log")
      const [session] = yield* allSessions(server)
      assert.strictEqual(session?.status, "complete")
      assert.strictEqual((yield* texts(all, alice)).filter((text) => text.startsWith("📋")).length, 2)
    }))

  it.scopedLive("is stopped by /stop, and the chat shows it", () =>
    Effect.gen(function*() {
      const { all, server } = yield* running()
      yield* write(all, "/new Fix it --approve")
      yield* says(all, alice, "📋 The plan: Fix it")
      yield* write(all, "/stop")
      yield* says(all, alice, "⏹ Stopped.")
      yield* sends(all, alice, ".log")
      const [session] = yield* allSessions(server)
      assert.strictEqual(session?.status, "cancelled")
    }))
})
