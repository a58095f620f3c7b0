/** What a turn waits for is a message of its own in the chat, sent once; a reply to it answers. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { asksFirst } from "../../fakes/FakeModel.ts"
import type { World } from "../../support/TestApp.ts"
import { alice, allSessions, byBot, labelsOf, press, running, says, sends, write } from "./TelegramKit.ts"

const asks = (world: World) => {
  world.model.answer = asksFirst(["Which *file*_?", "Which [case](x)?"], ["The first", "Every case."])
}

const isNotice = (text: string): boolean => /^[❓⏸]/u.test(text)

describe("the planner's questions", () => {
  it.scopedLive("are asked in the chat with what is assumed otherwise; a reply answers them, which the message says", () =>
    Effect.gen(function*() {
      const { all, server, telegram, world } = yield* running()
      asks(world)
      yield* write(all, "Fix it")
      const asked = yield* says(all, alice, "Questions before the plan")
      assert.include(asked.text, "1. Which *file*_?\n2. Which [case](x)?")
      assert.include(asked.text, "with one reply to this message")
      assert.match(asked.text, /Without an answer until .* UTC it assumes:\n1\. The first\n2\. Every case\./)
      yield* write(all, "The second", { replyTo: asked.id })
      yield* sends(all, alice, ".log")
      const notices = (yield* telegram.chat(alice)).filter((each) => byBot(each) && isNotice(each.text))
      assert.deepStrictEqual(notices.map(({ id }) => id), [asked.id])
      assert.match(notices[0]?.text ?? "", /Answered by \S+ \(telegram\)\.$/)
      assert.include(world.model.asked[1]?.prompt ?? "", "The second")
      assert.deepStrictEqual((yield* allSessions(server)).map(({ turn }) => turn), [1])
    }))

  it.scopedLive("are not sent again after a restart; where it is unknown whether they arrived, the status asks", () =>
    Effect.gen(function*() {
      const { all, server: first, telegram, world } = yield* running()
      asks(world)
      yield* write(all, "Fix it")
      yield* says(all, alice, "Questions before the plan")
      yield* first.shutdown
      yield* Effect.flatMap(
        SqlClient.SqlClient,
        (sql) => sql`UPDATE outbox SET told = 0, memo = json_remove(memo, '$.posted.notices[0].message.id')`
      ).pipe(Effect.provide(all.database))
      yield* all.start
      const status = yield* telegram.awaitMessage(alice, ({ text }) => text.startsWith("Fix it") && text.includes("❓"))
      assert.include(status.text, "2. Which [case](x)?")
      yield* write(all, "The second", { replyTo: status.id })
      yield* sends(all, alice, ".log")
      const notices = (yield* telegram.chat(alice)).filter((each) => byBot(each) && isNotice(each.text))
      assert.strictEqual(notices.length, 1)
      assert.include(world.model.asked[1]?.prompt ?? "", "The second")
    }))
})

describe("a spent budget", () => {
  it.scopedLive("is told in the chat, with a button that adds to it; then the message says who did", () =>
    Effect.gen(function*() {
      const { all, telegram, world } = yield* running({ config: { budgetUsd: Option.some(1) } })
      world.gateway.callsAtWork = [{
        model: "m",
        usage: { inputTokens: 1, outputTokens: 1, costUsd: 1.25 },
        estimated: false
      }]
      world.engine.script = () => ({ lines: ["HTTP 402"], exitCode: 3 })
      yield* write(all, "Fix it")
      const paused = yield* says(all, alice, "Paused: the budget is spent")
      assert.include(paused.text, "$1.2600 of $1 are spent.")
      assert.deepStrictEqual(labelsOf(paused), ["💵 Add $1"])
      world.gateway.callsAtWork = []
      world.engine.script = () => ({ exitCode: 0, answer: "done", commits: true })
      yield* press(all, paused, "Add $1")
      yield* sends(all, alice, ".log")
      const after = (yield* telegram.chat(alice)).find(({ id }) => id === paused.id)
      assert.match(after?.text ?? "", /added \$1\.$/)
      assert.deepStrictEqual(after === undefined ? [] : labelsOf(after), [])
    }))
})
