import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { exceeded, isKind, kindOf, said, setup } from "./SlackKit.ts"

const mention = { channel: "C1", user: "U1", text: "fix the login" }
const kinds = ["status", "card"]

describe("a mention", () => {
  it.scopedLive("becomes a session: status, card, log and reactions, each once, within the limits", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      const { sessions } = yield* serve()
      const { envelopeId, message } = yield* slack.mention({ ...mention, text: "fix the login --repo acme/web" })
      yield* slack.redeliver(envelopeId)
      yield* slack.redeliver(envelopeId)
      yield* slack.redeliver(envelopeId)
      yield* slack.until(({ messages }) =>
        messages.some((each) =>
          each.ts === message.ts && each.reactions.some(({ name }) => name === "white_check_mark")
        )
      )
      const thread = (yield* slack.thread("C1", message.ts)).slice(1)
      assert.deepStrictEqual(thread.map(kindOf).filter((kind) => kind !== undefined).sort(), [...kinds].sort())
      const card = thread.find(isKind("card"))
      assert.include(card === undefined ? "" : said(card), "https://forge.test/acme/web/pull/7")
      const status = thread.find(isKind("status"))
      assert.include(status === undefined ? "" : said(status), "Done")
      const [log, ...more] = yield* slack.files("C1")
      assert.deepStrictEqual(more, [])
      assert.strictEqual(log?.threadTs, message.ts)
      assert.include(new TextDecoder().decode(log?.content), "hello")
      assert.deepStrictEqual((yield* slack.reactions("C1", message.ts)).map(({ name }) => name), [
        "eyes",
        "white_check_mark"
      ])
      const { sessions: all } = yield* sessions.list({ limit: 10 })
      assert.deepStrictEqual(all.map(({ prompt, repo, requestedBy }) => [prompt, repo, requestedBy]), [
        ["fix the login", "acme/web", { name: "alice", via: "slack" }]
      ])
      assert.deepStrictEqual(yield* exceeded(slack), [])
      assert.deepStrictEqual((yield* slack.journal).filter(({ outcome }) => outcome !== "ok"), [])
    }))

  it.scopedLive("in a thread is told what was said there before", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      const { sessions } = yield* serve()
      const { message } = yield* slack.say({
        channel: "C1",
        user: "U2",
        text: "the login is <https://x.test/1|broken>"
      })
      yield* slack.mention({ channel: "C1", user: "U1", text: "please fix, <@U2> knows", threadTs: message.ts })
      yield* slack.awaitMessage("C1", isKind("card"))
      const { sessions: [session] } = yield* sessions.list({ limit: 10 })
      assert.match(session?.prompt ?? "", /^please fix, @bob knows\n\nFor context/)
      assert.include(session?.prompt ?? "", "bob: the login is broken (https://x.test/1)")
    }))

  it.scopedLive("without a repository is refused to the one who asked, and only to them", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      yield* serve({ defaultRepo: Option.none() })
      const { envelopeId } = yield* slack.mention(mention)
      yield* slack.redeliver(envelopeId)
      const { ephemerals, messages } = yield* slack.until((state) => state.ephemerals.length > 0)
      assert.include(ephemerals[0]?.text ?? "", "--repo owner/name")
      assert.strictEqual(ephemerals[0]?.user, "U1")
      assert.strictEqual(ephemerals.length, 1)
      assert.strictEqual(messages.length, 1)
    }))

  it.scopedLive("of somebody who is not allowed starts nothing", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      const { sessions } = yield* serve({ allowedUsers: ["U2"] })
      yield* slack.mention(mention)
      const { ephemerals } = yield* slack.until((state) => state.ephemerals.length > 0)
      assert.include(ephemerals[0]?.text ?? "", "not allowed to use OpenTL here")
      assert.deepStrictEqual((yield* sessions.list({ limit: 10 })).sessions, [])
    }))
})

describe("a session's thread", () => {
  it.scopedLive("takes replies as follow-ups, mentions too, and shows each turn", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      const { sessions } = yield* serve()
      const { message } = yield* slack.mention(mention)
      yield* slack.awaitMessage("C1", isKind("card"))
      const reply = yield* slack.mention({ channel: "C1", user: "U2", text: "and the docs", threadTs: message.ts })
      yield* slack.redeliver(reply.envelopeId)
      yield* slack.awaitMessage("C1", isKind("card", 2))
      yield* slack.until(({ files }) => files.filter(({ channel }) => channel === "C1").length === 2)
      const { sessions: all } = yield* sessions.list({ limit: 10 })
      assert.deepStrictEqual(all.map(({ turn }) => turn), [2])
      const events = yield* Effect.flatMap(sessions.find(all[0]?.id ?? ""), ({ id }) => sessions.eventsPage(id, 0, 500))
      assert.deepStrictEqual(events.filter(({ type }) => type === "message").map(({ data }) => data), ["and the docs"])
    }))

  it.scopedLive("is stopped by a reaction of an allowed person", () =>
    Effect.gen(function*() {
      const { serve, slack, world } = yield* setup()
      world.engine.script = () => ({ lines: ["working"] })
      yield* serve()
      const { message } = yield* slack.mention(mention)
      yield* slack.awaitMessage("C1", (each) => isKind("status")(each) && said(each).includes("working"))
      yield* slack.react(message, "octagonal_sign", "U2")
      const card = yield* slack.awaitMessage("C1", isKind("card"))
      assert.include(said(card), "Stopped")
      const { messages } = yield* slack.until(({ messages }) =>
        messages.some((each) =>
          each.ts === message.ts &&
          each.reactions.some(({ name, users }) => name === "octagonal_sign" && users.includes(slack.botUserId))
        )
      )
      assert.strictEqual(messages.filter(isKind("card")).length, 1)
      yield* slack.until(({ files }) => files.some(({ channel }) => channel === "C1"))
    }))
})

describe("elsewhere in Slack", () => {
  it.scopedLive("an allow-list of channels holds for buttons and direct messages, too", () =>
    Effect.gen(function*() {
      const { serve, slack, world } = yield* setup()
      world.engine.script = () => ({ lines: ["working"] })
      const { sessions } = yield* serve({ allowedChannels: ["C1"] })
      yield* slack.say({ channel: "DU1", user: "U1", text: "fix the login" })
      yield* slack.mention({ ...mention, channel: "C2" })
      const { ephemerals } = yield* slack.until((state) => state.ephemerals.length === 2)
      assert.isTrue(ephemerals.every(({ text }) => text.includes("may not be used in this channel")))
      assert.deepStrictEqual((yield* sessions.list({ limit: 10 })).sessions, [])
      yield* slack.mention(mention)
      const status = yield* slack.awaitMessage("C1", isKind("status"))
      yield* slack.pressButton(status, "stop", "U2")
      const card = yield* slack.awaitMessage("C1", isKind("card"))
      assert.include(said(card), "Stopped")
    }))

  it.scopedLive("with four eyes, who asked does not approve", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      yield* serve({}, { fourEyes: true })
      yield* slack.mention({ ...mention, text: "fix the login --approve" })
      const plan = yield* slack.awaitMessage("C1", isKind("plan-1"))
      yield* slack.pressButton(plan, "approve", "U1")
      const { ephemerals } = yield* slack.until((state) => state.ephemerals.length > 0)
      assert.include(ephemerals[0]?.text ?? "", "someone other than alice")
      yield* slack.pressButton(plan, "approve", "U2")
      yield* slack.awaitMessage("C1", isKind("card"))
    }))

  it.scopedLive("a direct message is a task, a command is too, and the Home tab lists one's own", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      yield* serve()
      yield* slack.say({ channel: "DU1", user: "U1", text: "fix the login" })
      yield* slack.awaitMessage("DU1", isKind("card"))
      const command = yield* slack.slashCommand({ channel: "C2", user: "U1", command: "/opentl", text: "add a test" })
      yield* command.acked
      const root = yield* slack.awaitMessage("C2", isKind("request"))
      const card = yield* slack.awaitMessage("C2", isKind("card"))
      assert.strictEqual(card.threadTs, root.ts)
      const { messages } = yield* slack.until(({ messages }) =>
        messages.some(({ reactions, ts }) =>
          ts === root.ts && reactions.some(({ name }) => name === "white_check_mark")
        )
      )
      assert.deepStrictEqual(messages.find(({ ts }) => ts === root.ts)?.reactions.map(({ name }) => name), [
        "eyes",
        "white_check_mark"
      ])
      yield* slack.openHome("U1")
      const { views } = yield* slack.until(({ views }) =>
        views.some(({ kind, user }) => kind === "home" && user === "U1")
      )
      const home = JSON.stringify(views.find(({ kind }) => kind === "home")?.view)
      assert.include(home, "fix the login")
      assert.include(home, "add a test")
    }))

  it.scopedLive("an edited message changes nothing", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      const { sessions } = yield* serve()
      const { message } = yield* slack.mention(mention)
      yield* slack.awaitMessage("C1", isKind("card"))
      yield* (yield* slack.editMessage(message, `<@${slack.botUserId}> something else`)).acked
      assert.strictEqual((yield* sessions.list({ limit: 10 })).sessions[0]?.turn, 1)
    }))
})
