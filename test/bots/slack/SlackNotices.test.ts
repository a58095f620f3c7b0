/** What a turn waits for stands in its thread as a message of its own, once, whatever happens in between. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { asksFirst } from "../../fakes/FakeModel.ts"
import { Fault } from "../../standins/slack/SlackFaults.ts"
import type { World } from "../../support/TestApp.ts"
import { exceeded, isKind, kindOf, type Kit, said, setup } from "./SlackKit.ts"

const mention = { channel: "C1", user: "U1", text: "fix the login" }

const asks = (world: World) => {
  world.model.answer = asksFirst(["Which <!channel> & *file*?", "Which case?"], ["The first <b>", "Every case"])
}

const noticed = ({ slack }: Kit) =>
  Effect.map(slack.messages("C1"), (messages) => messages.filter((each) => kindOf(each)?.startsWith("notice") === true))

describe("the planner's questions", () => {
  it.scopedLive("are asked in the thread with what is assumed otherwise; a reply answers them, which the message says", () =>
    Effect.gen(function*() {
      const kit = yield* setup()
      const { serve, slack, world } = kit
      asks(world)
      const { sessions } = yield* serve()
      const { message } = yield* slack.mention(mention)
      const asked = yield* slack.awaitMessage("C1", isKind("notice-1"))
      assert.strictEqual(asked.threadTs, message.ts)
      assert.include(said(asked), "1. Which &lt;!channel&gt; &amp; *file*?\\n2. Which case?")
      assert.include(said(asked), "with one reply in this thread")
      assert.match(
        said(asked),
        /Without an answer until \d{4}-\d\d-\d\d \d\d:\d\d UTC it assumes:\\n1\. The first &lt;b&gt;/
      )
      yield* slack.say({ ...mention, user: "U2", threadTs: message.ts, text: "The second, lower case" })
      yield* slack.awaitMessage("C1", isKind("card"))
      const [after, ...more] = yield* noticed(kit)
      assert.deepStrictEqual(more, [])
      assert.include(after === undefined ? "" : said(after), "Answered by bob")
      assert.include(world.model.asked[1]?.prompt ?? "", "The second, lower case")
      assert.deepStrictEqual((yield* sessions.list({ limit: 5 })).sessions.map(({ turn }) => turn), [1])
      assert.deepStrictEqual(yield* exceeded(slack), [])
    }))

  it.scopedLive("stand there once: a restart, a post that failed, one whose answer was lost, a crash before its record", () =>
    Effect.gen(function*() {
      const kit = yield* setup()
      const { database, serve, slack, world } = kit
      asks(world)
      const first = yield* serve()
      const { message } = yield* slack.mention(mention)
      yield* slack.awaitMessage("C1", isKind("status"))
      yield* slack.inject("chat.postMessage", Fault.ServerError({ status: 500 }), 1)
      yield* slack.inject("chat.postMessage", Fault.LostResponse(), 1)
      yield* slack.awaitMessage("C1", isKind("notice-1"))
      yield* first.shutdown
      const sql = Context.get(database, SqlClient.SqlClient)
      yield* sql`UPDATE outbox SET told = 0, memo = json_remove(memo, '$.posted.notices[0].message.id')`
      yield* serve()
      yield* slack.say({ ...mention, threadTs: message.ts, text: "The second" })
      yield* slack.awaitMessage("C1", isKind("card"))
      assert.deepStrictEqual((yield* noticed(kit)).map(kindOf), ["notice-1"])
      assert.include(said((yield* noticed(kit))[0] ?? assert.fail("none")), "Answered by alice")
    }))
})

describe("a spent budget", () => {
  it.scopedLive("is told in the thread, with a button that adds to it; then the message says who did", () =>
    Effect.gen(function*() {
      const kit = yield* setup()
      const { serve, slack, world } = kit
      world.gateway.callsAtWork = [{
        model: "m",
        usage: { inputTokens: 1, outputTokens: 1, costUsd: 1.25 },
        estimated: false
      }]
      world.engine.script = () => ({ lines: ["HTTP 402"], exitCode: 3 })
      yield* serve({}, { budgetUsd: Option.some(1) })
      yield* slack.mention(mention)
      const paused = yield* slack.awaitMessage("C1", isKind("notice-1"))
      assert.include(said(paused), "$1.2600 of $1 are spent")
      world.gateway.callsAtWork = []
      world.engine.script = () => ({ exitCode: 0, answer: "done", commits: true })
      yield* (yield* slack.pressButton(paused, "budget", "U2")).acked
      yield* slack.awaitMessage("C1", isKind("card"))
      const [after] = yield* noticed(kit)
      assert.include(after === undefined ? "" : said(after), "Bob (slack) added $1")
      assert.notInclude(after === undefined ? "" : said(after), "\"budget\"")
    }))
})
