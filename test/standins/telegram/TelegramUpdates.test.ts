import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { Api, Bot, type Update } from "node-telegram-bot-api"
import { arrayAt, at, stringAt } from "../slack/SlackJson.ts"
import { type TelegramOptions, TelegramStandIn, type TelegramStandInShape } from "./TelegramStandIn.ts"

const setup = (options?: TelegramOptions) =>
  Effect.map(TelegramStandIn.make(options), (telegram) => ({
    api: new Api(telegram.token, { apiRoot: telegram.apiRoot, maxRetries: 0 }),
    telegram
  }))

const call = <A>(run: () => Promise<A>) => Effect.promise(run)
const textsOf = (updates: ReadonlyArray<Update>) => updates.map((update) => stringAt(update, "message", "text"))

/** The real bot's long polling; what it receives waits in a queue. */
const listen = (telegram: TelegramStandInShape): Effect.Effect<Queue.Queue<Update>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const heard = yield* Queue.unbounded<Update>()
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        const bot = new Bot(telegram.token, { apiRoot: telegram.apiRoot, maxRetries: 0 })
        bot.on(["message", "callback_query", "edited_message"], (context) => Queue.unsafeOffer(heard, context.update))
        return { bot, ended: bot.startPolling(undefined, { timeout: 30 }) }
      }),
      ({ bot, ended }) => Effect.zipRight(Effect.sync(() => bot.stop()), Effect.promise(() => ended))
    )
    return heard
  })

describe("TelegramStandIn updates", () => {
  it.scopedLive("come until an offset confirms them", () =>
    Effect.gen(function*() {
      const { api, telegram } = yield* setup()
      yield* Effect.forEach(["1", "2", "3"], (text) => telegram.message({ chat: 7, from: 7, text }))
      const first = yield* call(() => api.getUpdates())
      assert.deepStrictEqual(textsOf(first), ["1", "2", "3"])
      assert.deepStrictEqual(textsOf(yield* call(() => api.getUpdates({ limit: 1 }))), ["1"])
      const second = first[1]?.update_id ?? 0
      assert.deepStrictEqual(textsOf(yield* call(() => api.getUpdates({ offset: second }))), ["2", "3"])
      assert.strictEqual((yield* telegram.pending).length, 2)
      assert.deepStrictEqual(yield* call(() => api.getUpdates({ offset: second + 2 })), [])
      assert.deepStrictEqual(yield* telegram.pending, [])
    }))

  it.scopedLive("a long poll answers when something comes", () =>
    Effect.gen(function*() {
      const { telegram } = yield* setup()
      const heard = yield* listen(telegram)
      yield* telegram.until((state) => state.poll === 1)
      yield* telegram.message({ chat: 7, from: 7, text: "/new@opentl_bot fix 🚀 https://a.b/c @alice" })
      const update = yield* Queue.take(heard)
      assert.deepStrictEqual(at(update, "message", "entities"), [
        { length: 15, offset: 0, type: "bot_command" },
        { length: 13, offset: 23, type: "url" },
        { length: 6, offset: 37, type: "mention" }
      ])
    }))

  it.scoped("a long poll with nothing to say ends at its timeout", () =>
    Effect.gen(function*() {
      const { api, telegram } = yield* setup()
      const poll = yield* Effect.fork(call(() => api.getUpdates({ timeout: 30 })))
      yield* telegram.until((state) => state.poll === 1)
      yield* TestClock.adjust("29 seconds")
      assert.strictEqual((yield* telegram.journal).length, 0)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(poll), [])
    }))

  it.scopedLive("closing the stand-in ends a poll that waits", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { api, telegram } = yield* Scope.extend(setup(), scope)
      const poll = yield* Effect.fork(Effect.flip(Effect.tryPromise(() => api.getUpdates({ timeout: 30 }))))
      yield* telegram.until((state) => state.poll === 1)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Fiber.join(poll))._tag, "UnknownException")
    }))

  it.scopedLive("of two pollers the earlier one ends with a conflict", () =>
    Effect.gen(function*() {
      const { api, telegram } = yield* setup()
      const earlier = yield* Effect.fork(Effect.flip(
        Effect.tryPromise({ catch: (cause) => cause, try: () => api.getUpdates({ timeout: 30 }) })
      ))
      yield* telegram.until((state) => state.poll === 1)
      const later = yield* Effect.fork(call(() => api.getUpdates({ timeout: 30 })))
      const error = yield* Fiber.join(earlier)
      assert.strictEqual(at(error, "errorCode"), 409)
      assert.strictEqual(
        at(error, "description"),
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
      )
      yield* telegram.message({ chat: 7, from: 7, text: "hi" })
      assert.deepStrictEqual(textsOf(yield* Fiber.join(later)), ["hi"])
    }))

  it.scopedLive("a webhook left over conflicts until it is deleted", () =>
    Effect.gen(function*() {
      const { api } = yield* setup({ webhook: "https://old.example.com" })
      const error = yield* Effect.flip(Effect.tryPromise({ catch: (cause) => cause, try: () => api.getUpdates() }))
      assert.strictEqual(at(error, "errorCode"), 409)
      yield* call(() => api.deleteWebhook())
      assert.deepStrictEqual(yield* call(() => api.getUpdates()), [])
    }))

  it.scopedLive("a pressed button is answered once", () =>
    Effect.gen(function*() {
      const { api, telegram } = yield* setup()
      const heard = yield* listen(telegram)
      yield* telegram.message({ chat: 7, from: 7, text: "/start" })
      yield* Queue.take(heard)
      const sent = yield* call(() =>
        api.sendMessage({
          chat_id: 7,
          reply_markup: { inline_keyboard: [[{ callback_data: "approve:1", text: "Go" }]] },
          text: "plan"
        })
      )
      const target = { chat: 7, id: sent.message_id }
      assert.strictEqual((yield* Effect.flip(telegram.pressButton(target, "reject:1", 7)))._tag, "TelegramCannot")
      const pressed = yield* telegram.pressButton(target, "approve:1", 7)
      const query = at(yield* Queue.take(heard), "callback_query")
      assert.deepStrictEqual([at(query, "id"), at(query, "data"), at(query, "message", "message_id")], [
        pressed.queryId,
        "approve:1",
        sent.message_id
      ])
      const answer = () => api.answerCallbackQuery({ callback_query_id: pressed.queryId, text: "Approved" })
      yield* call(answer)
      assert.strictEqual(at(yield* pressed.answered, "text"), "Approved")
      const again = yield* Effect.flip(Effect.tryPromise({ catch: (cause) => cause, try: answer }))
      assert.strictEqual(
        at(again, "description"),
        "Bad Request: query is too old and response timeout expired or query ID is invalid"
      )
    }))

  it.scopedLive("reactions come only to a bot that asked for them", () =>
    Effect.gen(function*() {
      const { api, telegram } = yield* setup()
      const { id } = yield* telegram.message({ chat: 7, from: 7, text: "hi" })
      yield* telegram.react({ chat: 7, id }, "👍", 7)
      const usual = yield* call(() => api.getUpdates({ allowed_updates: ["message", "message_reaction"] }))
      assert.deepStrictEqual(textsOf(usual), ["hi"])
      yield* telegram.react({ chat: 7, id }, undefined, 7)
      const asked = yield* call(() => api.getUpdates({ offset: (usual[0]?.update_id ?? 0) + 1 }))
      assert.deepStrictEqual(arrayAt(asked[0], "message_reaction", "old_reaction"), [{ emoji: "👍", type: "emoji" }])
    }))

  it.scopedLive("in privacy mode a group's small talk does not reach the bot", () =>
    Effect.gen(function*() {
      const { api, telegram } = yield* setup({ privacy: true })
      yield* Effect.forEach(["hello all", "/status", "@opentl_bot hi"], (text) =>
        telegram.message({ chat: -100, from: 7, text }))
      assert.deepStrictEqual(
        textsOf(
          yield* call(() =>
            api.getUpdates()
          )
        ),
        ["/status", "@opentl_bot hi"]
      )
    }))
})
