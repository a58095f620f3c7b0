import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { BotStatus } from "../../../src/bots/shared/BotStatus.ts"
import {
  alice,
  allSessions,
  bob,
  botId,
  byBot,
  kindsOf,
  labelsOf,
  mallory,
  press,
  running,
  says,
  sends,
  settled,
  texts,
  write
} from "./TelegramKit.ts"

/** The bot from end to end: the real SDK against the stand-in, the real actors on a faked world. */

describe("a task", () => {
  it.scopedLive("becomes a status, a card, the log and the diff, each once", () =>
    Effect.gen(function*() {
      const { all, telegram } = yield* running()
      const { id } = yield* write(all, "Fix the bug in a_b.c (v1.5)!")
      yield* sends(all, alice, ".diff")
      yield* telegram.until((state) =>
        state.messages.some((each) => each.id === id && each.reactions.some(({ emoji }) => emoji === "👍"))
      )
      const said = (yield* telegram.chat(alice)).filter(byBot)
      assert.deepStrictEqual(kindsOf(said), ["text", "text", "log", "diff"])
      const [status, card, log, diff] = said
      assert.include(status?.text, "Fix the bug in a_b.c (v1.5)!\nacme/app · ")
      assert.include(status?.text, "✅ complete")
      assert.deepStrictEqual(status === undefined ? [] : labelsOf(status), [])
      assert.strictEqual(status?.replyTo, id)
      assert.include(card?.text, "✅ Pull request #7")
      assert.deepStrictEqual(card === undefined ? [] : labelsOf(card), ["Open pull request", "Diff", "Log"])
      assert.include(new TextDecoder().decode(log?.document?.content), "hello\n")
      assert.include(new TextDecoder().decode(diff?.document?.content), "diff 0000")
      const reactions = (yield* telegram.journal).filter((call) => call.method === "setMessageReaction")
      assert.deepStrictEqual(reactions.map((call) => String(call.args["reaction"]).includes("👀")), [true, false])
      assert.deepStrictEqual(yield* telegram.violations, [])
      const refused = (yield* telegram.journal).filter((call) => call.outcome !== "ok")
      assert.deepStrictEqual(refused, [])
    }))

  it.scopedLive("that fails has its reason, its log, and a button that tries again", () =>
    Effect.gen(function*() {
      const { all, server, world } = yield* running()
      world.engine.script = (run) =>
        run.turn === 1 ? { lines: ["it broke"], exitCode: 3 } : { exitCode: 0, answer: "42" }
      yield* write(all, "Fix it")
      const card = yield* says(all, alice, "It failed.")
      assert.include(card.text, "it broke")
      yield* sends(all, alice, ".log")
      assert.strictEqual(yield* press(all, card, "Retry"), "Retrying.")
      yield* sends(all, alice, ".log", 2)
      const [session] = yield* allSessions(server)
      assert.strictEqual(session?.result, "42")
      assert.strictEqual(session?.turn, 2)
      // the turn is over: its button says so
      assert.strictEqual(
        yield* press(all, card, "Retry"),
        `There is nothing to retry in session ${session?.id}: it has moved on since turn 1.`
      )
    }))

  it.scopedLive("without a repository is answered with what to do, and /repo settles it for good", () =>
    Effect.gen(function*() {
      const { all, server } = yield* running()
      yield* write(all, "/repo nonsense")
      yield* says(all, alice, "is not a repository")
      yield* write(all, "/repo acme/other")
      yield* says(all, alice, "Tasks here are for acme/other from now on.")
      yield* write(all, "/run Fix it")
      yield* sends(all, alice, ".log")
      const [session] = yield* allSessions(server)
      assert.strictEqual(session?.repo, "acme/other")
      assert.deepStrictEqual(session?.requestedBy, { name: "alice", via: "telegram" })
    }))
})

describe("a conversation", () => {
  it.scopedLive("goes on by plain text and by replies, and /new starts over", () =>
    Effect.gen(function*() {
      const { all, server, telegram, world } = yield* running()
      world.engine.script = () => ({ lines: ["x"], exitCode: 0, answer: "fine" })
      yield* write(all, "first task")
      const card = yield* says(all, alice, "✅ fine")
      yield* write(all, "and a test")
      yield* sends(all, alice, ".log", 2)
      yield* write(all, "/new second task")
      yield* sends(all, alice, ".log", 3)
      yield* write(all, "for the first one", { replyTo: card.id })
      yield* sends(all, alice, ".log", 4)
      const sessions = yield* allSessions(server)
      assert.deepStrictEqual(sessions.map((session) => [session.prompt, session.turn]), [["second task", 1], [
        "first task",
        3
      ]])
      assert.deepStrictEqual(yield* telegram.violations, [])
    }))

  it.scopedLive("in a topic has its own session; other people's talk and other bots are left alone", () =>
    Effect.gen(function*() {
      const { all, server, telegram } = yield* running()
      const forum = -1001
      yield* telegram.message({
        chat: forum,
        from: alice,
        threadId: 2,
        text: "/new@opentl_bot in builds --repo acme/builds"
      })
      yield* sends(all, forum, ".log")
      yield* write(all, "/new@another_bot not for us", { chat: forum, threadId: 3 })
      yield* write(all, "lunch?", { chat: -100 })
      yield* write(all, "hello all", { chat: -100, from: mallory })
      yield* write(all, "/status", { chat: forum, from: bob, threadId: 3 })
      yield* says(all, forum, "There is no session here")
      const said = (yield* telegram.chat(forum)).filter(byBot)
      assert.deepStrictEqual(said.map((each) => each.threadId), [2, 2, 2, 2, 3])
      assert.deepStrictEqual((yield* allSessions(server)).map((session) => session.repo), ["acme/builds"])
      assert.deepStrictEqual(yield* texts(all, -100), [])
    }))

  it.scopedLive("takes up a session that was started elsewhere", () =>
    Effect.gen(function*() {
      const { all, server, telegram, world } = yield* running()
      world.engine.script = (run) => run.turn === 1 ? { lines: ["working"] } : { exitCode: 0, answer: "second answer" }
      const id = yield* Effect.flatMap(Sessions, (sessions) =>
        sessions.create(
          { repo: { _tag: "GitHub", owner: "acme", name: "app" }, prompt: "From the CLI" },
          { by: { name: "ada", via: "cli" }, trustLocalPaths: false, trustCommands: false }
        )).pipe(Effect.map(({ session }) => session.id), Effect.provide(server.context))
      yield* write(all, `/use ${id.slice(0, 8)}`)
      yield* telegram.until((state) =>
        state.messages.filter((each) => each.chat === alice && each.text.startsWith("From the CLI")).length === 2
      )
      yield* write(all, "/stop")
      yield* sends(all, alice, ".log")
      yield* write(all, "go on")
      yield* says(all, alice, "second answer")
      const [session] = yield* allSessions(server)
      assert.strictEqual(session?.turn, 2)
    }))
})

describe("a stranger", () => {
  it.scopedLive("is told their id once, and nothing else", () =>
    Effect.gen(function*() {
      const { all, server, telegram } = yield* running()
      yield* write(all, "/new rm -rf", { chat: mallory, from: mallory })
      yield* write(all, "/status", { chat: mallory, from: mallory })
      yield* write(all, "/start")
      yield* says(all, alice, "/approve: Approve the plan")
      yield* says(all, mallory, "9")
      yield* settled(all)
      assert.deepStrictEqual(yield* texts(all, mallory), ["Your Telegram id is 9."])
      // neither a press nor a reaction of theirs is heard
      yield* write(all, "/new Fix it --approve", { chat: -100 })
      const plan = yield* says(all, -100, "📋 The plan: Fix it")
      yield* press(all, plan, "Approve", mallory)
      yield* telegram.react({ chat: -100, id: plan.id }, "💔", mallory)
      yield* write(all, "/list")
      yield* says(all, alice, "Fix it · approval · acme/app")
      yield* settled(all)
      assert.strictEqual((yield* allSessions(server))[0]?.status, "waiting")
      // an allowed person's is
      yield* telegram.react({ chat: -100, id: plan.id }, "💔", bob)
      yield* says(all, -100, "⏹ Stopped.")
    }))
})

describe("the start", () => {
  it.scopedLive("with a wrong token is one sentence, and the rest runs", () =>
    Effect.gen(function*() {
      const { server } = yield* running({ token: "1:wrong" })
      const states = yield* Effect.flatMap(BotStatus, (status) => status.all).pipe(Effect.provide(server.context))
      assert.deepStrictEqual(states.get("telegram"), {
        state: "failed",
        reason: "TELEGRAM_BOT_TOKEN was rejected: get the bot's token from @BotFather"
      })
      assert.deepStrictEqual(yield* allSessions(server), [])
    }))

  it.scopedLive("deletes a webhook that was left over, and sets the commands", () =>
    Effect.gen(function*() {
      const { all } = yield* running({ telegram: { webhook: "https://old.example.com" } })
      yield* write(all, "/help")
      yield* says(all, alice, "opens a pull request")
      const state = yield* all.telegram.state
      assert.strictEqual(state.webhook, "")
      assert.strictEqual(Object.values(state.commands)[0]?.length, 15)
      assert.strictEqual(state.bot.id, botId)
    }))
})
