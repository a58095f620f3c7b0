/** Who may work with the bot in Slack. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { isKind, said, setup } from "./SlackKit.ts"

const users = [
  { id: "U1", name: "alice", realName: "Alice Adams" },
  { id: "U7", name: "eve", realName: "Eve of another company", team: "T0OTHER" }
]

describe("somebody of another workspace, in a shared channel", () => {
  it.scopedLive("may do nothing, by whatever means, and is told so alone", () =>
    Effect.gen(function*() {
      const { serve, slack, world } = yield* setup({ users })
      world.engine.script = () => ({ lines: ["working"] })
      const { sessions } = yield* serve()
      const { message } = yield* slack.mention({ channel: "C1", user: "U1", text: "fix the login" })
      const status = yield* slack.awaitMessage("C1", (each) => isKind("status")(each) && said(each).includes("working"))
      yield* slack.mention({ channel: "C1", user: "U7", text: "open a back door" })
      yield* slack.say({ channel: "C1", user: "U7", text: "and a window", threadTs: message.ts })
      yield* (yield* slack.pressButton(status, "stop", "U7")).acked
      yield* (yield* slack.react(message, "octagonal_sign", "U7")).acked
      yield* (yield* slack.slashCommand({ channel: "C1", user: "U7", command: "/opentl", text: "stop" })).acked
      const { ephemerals } = yield* slack.until((state) => state.ephemerals.length >= 3)
      assert.isTrue(ephemerals.every(({ text, user }) => user === "U7" && text.includes("its own workspace")))
      const { sessions: all } = yield* sessions.list({ limit: 10 })
      assert.deepStrictEqual(all.map(({ prompt, status }) => [prompt, status]), [["fix the login", "running"]])
      const events = yield* Effect.flatMap(sessions.find(all[0]?.id ?? ""), ({ id }) => sessions.eventsPage(id, 0, 500))
      assert.deepStrictEqual(events.filter(({ type }) => type === "message"), [])
    }))

  it.scopedLive("may where SLACK_ALLOWED_USERS names them", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup({ users })
      yield* serve({ allowedUsers: ["U7"] })
      yield* slack.mention({ channel: "C1", user: "U7", text: "fix the login" })
      yield* slack.awaitMessage("C1", isKind("card"))
    }))
})

describe("a workspace without a list of people or channels", () => {
  const isSaid = (line: string) => line.includes("everybody in the workspace may give it tasks")

  it.scopedLive("is said at the start", () =>
    Effect.gen(function*() {
      const { logged, serve } = yield* setup()
      yield* serve()
      assert.strictEqual(logged.filter(isSaid).length, 1)
    }))

  it.scopedLive("is not said where there is one", () =>
    Effect.gen(function*() {
      const { logged, serve } = yield* setup()
      yield* serve({ allowedChannels: ["C1"] })
      assert.deepStrictEqual(logged.filter(isSaid), [])
    }))
})
