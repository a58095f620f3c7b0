/** Each thing once: restarts, rate limits, and acknowledgements that get lost. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { BotStatus } from "../../../src/bots/shared/BotStatus.ts"
import { Fault } from "../../standins/slack/SlackFaults.ts"
import { isKind, kindOf, said, setup } from "./SlackKit.ts"

const mention = { channel: "C1", user: "U1", text: "fix the login" }
const kinds = ["status", "card"]

describe("what goes wrong in Slack", () => {
  it.scopedLive("a dropped socket is opened again, and what was said meanwhile is heard", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      yield* serve()
      yield* slack.dropConnections
      yield* slack.mention(mention)
      yield* slack.awaitMessage("C1", isKind("card"))
      yield* slack.announceDisconnect("refresh_requested")
      yield* slack.mention({ ...mention, channel: "C2" })
      yield* slack.awaitMessage("C2", isKind("card"))
    }))

  it.scopedLive("429 is waited for, and nothing is lost or doubled", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      yield* serve()
      yield* slack.inject("chat.postMessage", Fault.RateLimited({ retryAfter: 1 }), 2)
      yield* slack.mention(mention)
      yield* slack.awaitMessage("C1", isKind("card"))
      const posted = (yield* slack.messages("C1")).map(kindOf).filter((kind) => kind !== undefined)
      assert.deepStrictEqual([...posted].sort(), [...kinds].sort())
    }))

  it.scopedLive("a post whose answer is lost is found, not repeated", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      yield* serve()
      yield* slack.inject("chat.postMessage", Fault.LostResponse(), 1)
      yield* slack.mention(mention)
      yield* slack.awaitMessage("C1", isKind("card"))
      yield* slack.until(({ files }) => files.some(({ channel }) => channel === "C1"))
      const posted = (yield* slack.messages("C1")).map(kindOf).filter((kind) => kind !== undefined)
      assert.deepStrictEqual([...posted].sort(), [...kinds].sort())
    }))

  it.scopedLive("the socket drops and the server restarts in the middle: everything stands once", () =>
    Effect.gen(function*() {
      const { serve, slack, world } = yield* setup()
      world.engine.script = () => ({ lines: ["working"] })
      const first = yield* serve()
      const { envelopeId, message } = yield* slack.mention(mention)
      yield* slack.awaitMessage("C1", (each) => isKind("status")(each) && said(each).includes("working"))
      yield* slack.dropConnections
      yield* slack.announceDisconnect("warning")
      yield* first.shutdown
      const second = yield* serve()
      yield* slack.redeliver(envelopeId)
      const [run] = [...world.engine.runs.values()]
      assert.isDefined(run)
      if (run !== undefined) yield* world.engine.finish(run, 0)
      yield* slack.awaitMessage("C1", isKind("card"))
      yield* slack.until(({ messages }) =>
        messages.some((each) =>
          each.ts === message.ts && each.reactions.some(({ name }) => name === "white_check_mark")
        )
      )
      const posted = (yield* slack.messages("C1")).map(kindOf).filter((kind) => kind !== undefined)
      assert.deepStrictEqual([...posted].sort(), [...kinds].sort())
      assert.strictEqual((yield* second.sessions.list({ limit: 10 })).sessions.length, 1)
    }))

  it.scopedLive("a crash between the post and its record leaves one message", () =>
    Effect.gen(function*() {
      const { database, serve, slack, world } = yield* setup()
      world.engine.script = () => ({ lines: ["working"] })
      const first = yield* serve()
      yield* slack.mention(mention)
      yield* slack.awaitMessage("C1", (each) => isKind("status")(each) && said(each).includes("working"))
      yield* first.shutdown
      // as the crash would have left it: the status is being sent, and its id is not known
      const sql = Context.get(database, SqlClient.SqlClient)
      yield* sql`UPDATE outbox SET told = 0, memo = json_remove(memo, '$.posted.status.id')`
      yield* serve()
      const [run] = [...world.engine.runs.values()]
      if (run !== undefined) yield* world.engine.finish(run, 0)
      yield* slack.awaitMessage("C1", isKind("card"))
      const posted = (yield* slack.messages("C1")).map(kindOf).filter((kind) => kind !== undefined)
      assert.deepStrictEqual([...posted].sort(), [...kinds].sort())
    }))

  it.scopedLive("a channel that is gone is given up for the turn, and says so once", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      yield* serve()
      yield* slack.inject("chat.postMessage", Fault.Refused({ error: "is_archived" }), 1)
      yield* slack.mention(mention)
      yield* slack.until(({ calls }) => calls.some(({ outcome }) => outcome === "is_archived"))
      yield* slack.mention({ ...mention, channel: "C2" })
      yield* slack.awaitMessage("C2", isKind("card"))
      const posts = (yield* slack.journal).filter(({ args, method }) =>
        method === "chat.postMessage" && args["channel"] === "C1"
      )
      assert.deepStrictEqual(posts.map(({ outcome }) => outcome), ["is_archived"])
    }))

  it.scopedLive("a wrong app token is one sentence, too", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      yield* slack.inject("apps.connections.open", Fault.Refused({ error: "invalid_auth" }), 5)
      const { context } = yield* serve()
      const state = (yield* Context.get(context, BotStatus).all).get("slack")
      assert.deepInclude(state, { state: "failed" })
    }))

  it.scopedLive("a wrong token is one sentence, and the rest runs", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      yield* slack.inject("auth.test", Fault.Refused({ error: "invalid_auth" }), 1)
      const { context } = yield* serve()
      const state = (yield* Context.get(context, BotStatus).all).get("slack")
      assert.deepStrictEqual(state, {
        state: "failed",
        reason: "auth.test: the token is not valid (invalid_auth); the bot is off"
      })
    }))
})
