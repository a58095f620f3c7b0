/** What people write and press in Telegram, and what of it counts. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  alice,
  allSessions,
  bob,
  byBot,
  kit,
  mallory,
  press,
  running,
  says,
  sends,
  settled,
  texts,
  write
} from "./TelegramKit.ts"

const group = -100

describe("a task in Telegram", () => {
  it.scopedLive("takes no flag from a quotation or code, and drops every mention of the bot", () =>
    Effect.gen(function*() {
      const { all, server } = yield* running()
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
    }))

  it.scopedLive("with a flag that has no value, or two, is refused, and starts nothing", () =>
    Effect.gen(function*() {
      const { all, server } = yield* running()
      yield* write(all, "fix it --repo")
      yield* says(all, alice, "--repo has no value: write --repo owner/name.")
      yield* write(all, "/run fix it --repo a/b --repo c/d")
      yield* says(all, alice, "--repo is given twice, as a/b and as c/d: which one?")
      yield* settled(all)
      assert.deepStrictEqual(yield* allSessions(server), [])
    }))

  it.scopedLive("by /run is the current one where there is none, else it stands beside it", () =>
    Effect.gen(function*() {
      const { all, server, telegram } = yield* running()
      yield* write(all, "/run first task")
      yield* sends(all, alice, ".log")
      yield* write(all, "/status")
      yield* telegram.until((state) =>
        state.messages.filter((each) => each.chat === alice && each.text.startsWith("first task\n")).length === 2
      )
      yield* write(all, "/run second task")
      yield* sends(all, alice, ".log", 2)
      yield* write(all, "/list")
      const list = yield* says(all, alice, "(current)")
      assert.match(list.text, /first task · complete \(current\) · acme\/app/)
      assert.match(list.text, /second task · complete · acme\/app/)
      assert.strictEqual((yield* allSessions(server)).length, 2)
    }))
})

describe("a stranger in Telegram", () => {
  it.scopedLive("who presses a button is answered, every time, and nothing is done", () =>
    Effect.gen(function*() {
      const { all, server } = yield* running()
      yield* write(all, "/new Fix it --approve", { chat: group })
      const plan = yield* says(all, group, "📋 The plan: Fix it")
      const before = (yield* texts(all, group)).length
      for (const label of ["Approve", "Reject", "Stop"]) {
        assert.strictEqual(yield* press(all, plan, label, mallory), "You may not use this bot.")
      }
      yield* settled(all)
      assert.deepStrictEqual((yield* texts(all, group)).length, before)
      assert.strictEqual((yield* allSessions(server))[0]?.status, "waiting")
      assert.strictEqual(yield* press(all, plan, "Approve", bob), "Approved.")
    }))

  it.scopedLive("who writes in two chats at once is told their id once", () =>
    Effect.gen(function*() {
      const all = yield* kit()
      const { telegram } = all
      yield* write(all, "/status", { chat: mallory, from: mallory })
      yield* write(all, "/status", { chat: group, from: mallory })
      yield* write(all, "/repo")
      yield* all.start
      yield* says(all, alice, "Tasks here are for acme/app.")
      yield* settled(all)
      const told = [...yield* telegram.chat(mallory), ...yield* telegram.chat(group)].filter(byBot)
      assert.deepStrictEqual(told.map(({ text }) => text), ["Your Telegram id is 9."])
    }))
})
