/** What people write and press in Telegram, and what of it counts. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { stringAt } from "../../standins/slack/SlackJson.ts"
import { alice, allSessions, bob, byBot, dataOf, kit, mallory, says, sends, settled, texts } from "./TelegramKit.ts"

const group = -100

describe("a task in Telegram", () => {
  it.scopedLive(
    "takes no flag from a quotation or code, and drops every mention of the bot",
    () =>
      Effect.gen(function*() {
        const all = yield* kit()
        const server = yield* all.start
        const text = "@opentl_bot fix it @opentl_bot\n--repo evil/one\n--repo evil/two --plan\n> --repo evil/three"
        const over = (words: string, type: string) => ({ type, offset: text.indexOf(words), length: words.length })
        yield* all.telegram.message({
          chat: group,
          from: alice,
          text,
          entities: [over("--repo evil/one", "blockquote"), over("--repo evil/two --plan", "pre")]
        })
        yield* sends(all, group, ".log")
        const sessions = yield* allSessions(server)
        assert.deepStrictEqual(sessions.map(({ prompt, repo }) => [prompt, repo]), [
          ["fix it\n> --repo evil/one\n```\n--repo evil/two --plan\n```\n> --repo evil/three", "acme/app"]
        ])
      }),
    30_000
  )

  it.scopedLive("with a flag that has no value, or two, is refused, and starts nothing", () =>
    Effect.gen(function*() {
      const all = yield* kit()
      const { telegram } = all
      const server = yield* all.start
      yield* telegram.message({ chat: alice, from: alice, text: "fix it --repo" })
      yield* says(all, alice, "--repo has no value: write --repo owner/name.")
      yield* telegram.message({ chat: alice, from: alice, text: "/run fix it --repo a/b --repo c/d" })
      yield* says(all, alice, "--repo is given twice, as a/b and as c/d: which one?")
      yield* settled(all)
      assert.deepStrictEqual(yield* allSessions(server), [])
    }), 30_000)

  it.scopedLive(
    "by /run is the current one where there is none, else it stands beside it",
    () =>
      Effect.gen(function*() {
        const all = yield* kit()
        const { telegram } = all
        const server = yield* all.start
        yield* telegram.message({ chat: alice, from: alice, text: "/run first task" })
        yield* sends(all, alice, ".log")
        yield* telegram.message({ chat: alice, from: alice, text: "/status" })
        yield* telegram.until((state) =>
          state.messages.filter((each) => each.chat === alice && each.text.startsWith("first task\n")).length === 2
        )
        yield* telegram.message({ chat: alice, from: alice, text: "/run second task" })
        yield* sends(all, alice, ".log", 2)
        yield* telegram.message({ chat: alice, from: alice, text: "/list" })
        const list = yield* says(all, alice, "(current)")
        assert.match(list.text, /complete \(current\) · acme\/app · first task/)
        assert.match(list.text, /complete · acme\/app · second task/)
        assert.strictEqual((yield* allSessions(server)).length, 2)
      }),
    30_000
  )
})

describe("a stranger in Telegram", () => {
  it.scopedLive("who presses a button is answered, every time, and nothing is done", () =>
    Effect.gen(function*() {
      const all = yield* kit()
      const { telegram } = all
      const server = yield* all.start
      yield* telegram.message({ chat: group, from: alice, text: "/new Fix it --approve" })
      const plan = yield* says(all, group, "📋 The plan: Fix it")
      const before = (yield* texts(all, group)).length
      for (const label of ["Approve", "Reject", "Stop"]) {
        const pressed = yield* telegram.pressButton({ chat: group, id: plan.id }, dataOf(plan, label), mallory)
        assert.strictEqual(stringAt(yield* pressed.answered, "text"), "You may not use this bot.")
      }
      yield* settled(all)
      assert.deepStrictEqual((yield* texts(all, group)).length, before)
      assert.strictEqual((yield* allSessions(server))[0]?.status, "waiting")
      const allowed = yield* telegram.pressButton({ chat: group, id: plan.id }, dataOf(plan, "Approve"), bob)
      assert.strictEqual(stringAt(yield* allowed.answered, "text"), "Approved.")
    }), 30_000)

  it.scopedLive("who writes in two chats at once is told their id once", () =>
    Effect.gen(function*() {
      const all = yield* kit()
      const { telegram } = all
      yield* telegram.message({ chat: mallory, from: mallory, text: "/status" })
      yield* telegram.message({ chat: group, from: mallory, text: "/status" })
      yield* telegram.message({ chat: alice, from: alice, text: "/repo" })
      yield* all.start
      yield* says(all, alice, "Tasks here are for acme/app.")
      yield* settled(all)
      const told = [...yield* telegram.chat(mallory), ...yield* telegram.chat(group)].filter(byBot)
      assert.deepStrictEqual(told.map(({ text }) => text), ["Your Telegram id is 9."])
    }), 30_000)
})
