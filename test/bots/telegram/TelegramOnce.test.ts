/** Each thing once: restarts, repeated deliveries, rate limits, and answers that get lost. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Fault } from "../../standins/slack/SlackFaults.ts"
import type { TelegramMessage } from "../../standins/telegram/TelegramState.ts"
import {
  alice,
  allSessions,
  byBot,
  kindsOf,
  type Kit,
  kit,
  labelsOf,
  running,
  says,
  sends,
  settled,
  texts,
  write
} from "./TelegramKit.ts"

/** Ends the one run that is there. */
const finishRun = ({ world }: Kit) =>
  Effect.forEach([...world.engine.runs.values()], (run) => world.engine.finish(run, 0), { discard: true })

const statusOf = (messages: ReadonlyArray<TelegramMessage>) =>
  messages.filter((message) => byBot(message) && message.text.startsWith("Fix it\nacme/app"))

describe("a restart", () => {
  it.scopedLive("in the middle repeats nothing and loses nothing", () =>
    Effect.gen(function*() {
      const { all, server: first, telegram, world } = yield* running()
      world.engine.script = (run) => run.turn === 1 ? { lines: ["working"] } : { exitCode: 0, answer: "tested" }
      yield* write(all, "Fix it")
      yield* says(all, alice, "agent at work")
      yield* first.shutdown
      yield* write(all, "and a test")

      const second = yield* all.start
      yield* settled(all)
      yield* finishRun(all)
      yield* says(all, alice, "✅ tested")
      yield* sends(all, alice, ".log", 2)
      const said = (yield* telegram.chat(alice)).filter(byBot)
      // a status, a card and a log for each of the two turns
      assert.deepStrictEqual(said.map((each) => each.document === undefined ? "text" : "log"), [
        "text",
        "text",
        "log",
        "text",
        "text",
        "log"
      ])
      assert.deepStrictEqual((yield* allSessions(second)).map((session) => session.turn), [2])
      assert.notInclude(said.map((each) => each.text).join("\n"), "continued")
    }))

  it.scopedLive("before an update was confirmed does not handle it twice, even where its marks are gone", () =>
    Effect.gen(function*() {
      const all = yield* kit()
      const { telegram } = all
      const wipe = (...names: ReadonlyArray<string>) =>
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql`DELETE FROM chat_memory WHERE name IN ${sql.in(names)}`).pipe(
          Effect.provide(all.database)
        )
      const first = yield* all.start
      yield* telegram.until((state) => state.poll === 1)
      yield* telegram.inject("getUpdates", Fault.ServerError({ status: 500 }), 2)
      yield* write(all, "Fix it")
      yield* write(all, "/repo")
      yield* says(all, alice, "Tasks here are for acme/app.")
      yield* first.shutdown
      assert.isAbove((yield* telegram.pending).length, 0)
      yield* wipe("offset")

      const second = yield* all.start
      yield* sends(all, alice, ".log")
      yield* settled(all)
      yield* second.shutdown
      yield* wipe("offset", "done")

      const third = yield* all.start
      yield* write(all, "/list")
      yield* says(all, alice, "(current)")
      assert.strictEqual((yield* allSessions(third)).length, 1)
      assert.strictEqual((yield* texts(all, alice)).filter((text) => text.startsWith("Tasks here")).length, 1)
    }))
})

describe("a rate limit", () => {
  it.scopedLive("is waited for, and nothing is lost or shown twice", () =>
    Effect.gen(function*() {
      const { all, telegram } = yield* running()
      yield* telegram.inject("sendMessage", Fault.RateLimited({ retryAfter: 1 }), 2)
      yield* telegram.inject("sendDocument", Fault.RateLimited({ retryAfter: 1 }), 2)
      yield* write(all, "Fix it")
      yield* sends(all, alice, ".diff")
      const said = (yield* telegram.chat(alice)).filter(byBot)
      assert.deepStrictEqual(kindsOf(said), ["text", "text", "log", "diff"])
      const limited = (yield* telegram.journal).filter((call) => call.outcome.startsWith("Too Many"))
      assert.strictEqual(limited.length, 4)
      // not a call to the chat in the second after each
      const calls = (yield* telegram.journal).filter((call) =>
        call.method.startsWith("send") && call.method !== "sendChatAction"
      )
      for (const { at } of limited) {
        assert.isFalse(calls.some((call) => call.at > at && call.at < at + 990))
      }
    }))
})

describe("an answer that got lost", () => {
  it.scopedLive("to the status: it is sent again, marked as continued", () =>
    Effect.gen(function*() {
      const { all, telegram, world } = yield* running()
      world.engine.script = () => ({ lines: ["working"] })
      yield* telegram.inject("sendMessage", Fault.LostResponse())
      yield* write(all, "Fix it")
      yield* says(all, alice, "(continued after an interruption)")
      yield* finishRun(all)
      yield* sends(all, alice, ".log")
      const statuses = statusOf(yield* telegram.chat(alice))
      assert.strictEqual(statuses.length, 2)
      assert.include(statuses[1]?.text, "✅ complete")
    }))

  it.scopedLive("to the card or a document: it is never sent again, and the status has its buttons", () =>
    Effect.gen(function*() {
      const { all, server: first, telegram, world } = yield* running()
      world.engine.script = () => ({ lines: ["working"], commits: true })
      yield* write(all, "Fix it")
      yield* says(all, alice, "agent at work")
      yield* telegram.inject("sendMessage", Fault.LostResponse())
      yield* telegram.inject("sendDocument", Fault.LostResponse())
      yield* finishRun(all)
      yield* sends(all, alice, ".log")
      yield* first.shutdown
      yield* all.start
      yield* sends(all, alice, ".diff")
      const said = (yield* telegram.chat(alice)).filter(byBot)
      assert.deepStrictEqual(kindsOf(said), ["text", "text", "log", "diff"])
      const [status] = statusOf(said)
      assert.deepStrictEqual(status === undefined ? [] : labelsOf(status), ["Open pull request", "Diff", "Log"])
    }))

  it.scopedLive("on a blocked bot ends the telling, and the session goes on", () =>
    Effect.gen(function*() {
      const { all, server, telegram, world } = yield* running()
      world.engine.script = () => ({ lines: ["working"] })
      yield* write(all, "Fix it")
      yield* says(all, alice, "agent at work")
      yield* telegram.block(alice)
      yield* finishRun(all)
      yield* telegram.until((state) => state.calls.some((call) => call.outcome.includes("blocked by the user")))
      yield* write(all, "/list")
      yield* says(all, alice, "(current)")
      assert.strictEqual((yield* allSessions(server)).length, 1)
    }))
})
