import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { BotStatus } from "../../../src/bots/shared/BotStatus.ts"
import { Fault } from "../../support/SlackFaults.ts"
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
      assert.include(ephemerals[0]?.text ?? "", "not among the people")
      assert.deepStrictEqual((yield* sessions.list({ limit: 10 })).sessions, [])
    }))
})

describe("the plan", () => {
  it.scopedLive("waits with buttons; Approve goes on, and the buttons go", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      yield* serve()
      yield* slack.mention({ ...mention, text: "fix the login --approve" })
      const plan = yield* slack.awaitMessage("C1", isKind("plan-1"))
      yield* (yield* slack.pressButton(plan, "approve", "U2")).acked
      yield* slack.awaitMessage("C1", isKind("card"))
      const after = yield* slack.awaitMessage("C1", (each) =>
        each.ts === plan.ts && said(each).includes("approved by bob"))
      assert.notInclude(said(after), "\"approve\"")
      assert.deepStrictEqual(yield* exceeded(slack), [])
    }))

  it.scopedLive("is edited in a form, and saving approves it; a rejection asks why and plans again", () =>
    Effect.gen(function*() {
      const { serve, slack, world } = yield* setup()
      const { sessions } = yield* serve()
      yield* slack.mention({ ...mention, text: "fix the login --approve" })
      const first = yield* slack.awaitMessage("C1", isKind("plan-1"))
      yield* slack.pressButton(first, "reject", "U1")
      yield* slack.until(({ views }) => views.some((view) => view.open && view.view["callback_id"] === "reject"))
      yield* slack.submitView("U1", { reason: "smaller, please" })
      const second = yield* slack.awaitMessage("C1", isKind("plan-2"))
      assert.include(world.model.asked.at(-1)?.prompt ?? "", "smaller, please")
      yield* slack.pressButton(second, "edit", "U1")
      yield* slack.until(({ views }) => views.some((view) => view.open && view.view["callback_id"] === "edit"))
      yield* slack.submitView("U1", { "plan-0": "1. only the label" })
      yield* slack.awaitMessage("C1", isKind("card"))
      const { sessions: [session] } = yield* sessions.list({ limit: 1 })
      assert.strictEqual(session?.plan, "1. only the label")
    }))
})

describe("an older plan's buttons", () => {
  it.scopedLive("answer nothing once it was replaced: the newer plan waits on", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      const { sessions } = yield* serve()
      yield* slack.mention({ ...mention, text: "fix the login --approve" })
      const first = yield* slack.awaitMessage("C1", isKind("plan-1"))
      yield* slack.pressButton(first, "reject", "U1")
      yield* slack.until(({ views }) => views.some((view) => view.open && view.view["callback_id"] === "reject"))
      yield* slack.submitView("U1", { reason: "smaller, please" })
      yield* slack.awaitMessage("C1", isKind("plan-2"))
      for (const button of ["approve", "edit", "reject"]) {
        yield* (yield* slack.pressButton({ ...first, shown: first.blocks }, button, "U2")).acked
      }
      const { ephemerals, views } = yield* slack.until((state) => state.ephemerals.length === 3)
      for (const { text } of ephemerals) assert.include(text, "plan 1 of turn 1, which was replaced")
      assert.isFalse(views.some(({ open }) => open))
      const { sessions: [session] } = yield* sessions.list({ limit: 1 })
      assert.deepStrictEqual([session?.status, session?.proposal], ["waiting", 2])
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

describe("the card", () => {
  it.scopedLive("of a failure has a button that tries again, once; diff and log are sent on request", () =>
    Effect.gen(function*() {
      const { serve, slack, world } = yield* setup()
      world.engine.script = (run) =>
        run.turn === 1 ? { exitCode: 1, answer: "broke" } : { exitCode: 0, commits: true, answer: "ok" }
      yield* serve()
      yield* slack.mention(mention)
      const failed = yield* slack.awaitMessage("C1", isKind("card"))
      assert.include(said(failed), "Failed")
      yield* (yield* slack.pressButton(failed, "retry", "U2")).acked
      const card = yield* slack.awaitMessage("C1", isKind("card", 2))
      yield* (yield* slack.pressButton(failed, "retry", "U2")).acked
      const { ephemerals } = yield* slack.until((state) => state.ephemerals.length > 0)
      assert.include(ephemerals[0]?.text ?? "", "has gone on since")
      yield* slack.pressButton(card, "diff", "U1")
      yield* slack.pressButton(card, "log", "U1")
      const { files } = yield* slack.until(({ files }) => files.filter(({ channel }) => channel === "C1").length === 4)
      const diff = files.find(({ name }) => name.endsWith(".diff"))
      assert.include(new TextDecoder().decode(diff?.content), "diff ")
      assert.strictEqual(diff?.threadTs, card.threadTs)
    }))
})

describe("what goes wrong", () => {
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
      assert.include(ephemerals[0]?.text ?? "", "another person than alice")
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
