import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Api, InputFile } from "node-telegram-bot-api"
import { Fault } from "../slack/SlackFaults.ts"
import { at } from "../slack/SlackJson.ts"
import { type TelegramOptions, TelegramStandIn } from "./TelegramStandIn.ts"

/** The stand-in, the real client, and alice who has written once, so that the bot may write to her. */
const setup = (options?: TelegramOptions) =>
  Effect.gen(function*() {
    const telegram = yield* TelegramStandIn.make(options)
    yield* telegram.message({ chat: 7, from: 7, text: "/start" })
    return { api: new Api(telegram.token, { apiRoot: telegram.apiRoot, maxRetries: 0 }), telegram }
  })

const call = <A>(run: () => Promise<A>) => Effect.promise(run)

const refusal = (run: () => Promise<unknown>) =>
  Effect.map(
    Effect.flip(Effect.tryPromise({ catch: (cause) => cause, try: run })),
    (error) => at(error, "description") ?? at(error, "code")
  )

const notModified =
  "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a " +
  "current content and reply markup of the message"

describe("TelegramStandIn", () => {
  it.scopedLive("getMe names the bot; a wrong token is unauthorized and an unknown method not found", () =>
    Effect.gen(function*() {
      const { api, telegram } = yield* setup()
      assert.strictEqual((yield* call(() => api.getMe())).username, "opentl_bot")
      const stranger = new Api("1:wrong", { apiRoot: telegram.apiRoot, maxRetries: 0 })
      assert.strictEqual(yield* refusal(() => stranger.getMe()), "Unauthorized")
      const unknown = yield* call(() => fetch(`${telegram.apiRoot}/bot${telegram.token}/sing`))
      assert.strictEqual(unknown.status, 404)
    }))

  it.scopedLive("a message is sent, edited and deleted, and its history is kept", () =>
    Effect.gen(function*() {
      const { api, telegram } = yield* setup()
      const keyboard = { inline_keyboard: [[{ callback_data: "stop:1", text: "Stop" }]] }
      const sent = yield* call(() =>
        api.sendMessage({
          chat_id: 7,
          parse_mode: "MarkdownV2",
          reply_markup: keyboard,
          reply_parameters: { message_id: 1 },
          text: "*Running* `fix.ts`\\."
        })
      )
      const [, message] = yield* telegram.chat(7)
      assert.deepStrictEqual([message?.text, message?.replyTo], ["Running fix.ts.", 1])
      assert.deepStrictEqual(message?.entities.map((each) => each.type), ["bold", "code"])
      const target = { chat_id: 7, message_id: sent.message_id }
      const same = {
        ...target,
        parse_mode: "MarkdownV2" as const,
        reply_markup: keyboard,
        text: "*Running* `fix.ts`\\. "
      }
      assert.strictEqual(yield* refusal(() => api.editMessageText(same)), notModified)
      yield* call(() => api.editMessageText({ ...target, text: "Done." }))
      assert.strictEqual(yield* refusal(() => api.editMessageReplyMarkup(target)), notModified)
      const [, edited] = yield* telegram.chat(7)
      assert.deepStrictEqual([edited?.text, edited?.edits.map((edit) => edit.text)], ["Done.", ["Running fix.ts."]])
      yield* call(() => api.deleteMessage(target))
      assert.strictEqual((yield* telegram.chat(7)).length, 1)
      assert.strictEqual(
        yield* refusal(() => api.editMessageText({ ...target, text: "x" })),
        "Bad Request: message to edit not found"
      )
      assert.strictEqual(yield* refusal(() => api.deleteMessage(target)), "Bad Request: message to delete not found")
      assert.strictEqual(
        yield* refusal(() => api.editMessageText({ chat_id: 7, message_id: 1, text: "x" })),
        "Bad Request: message can't be edited"
      )
    }))

  it.scopedLive("messages are refused with the service's errors", () =>
    Effect.gen(function*() {
      const { api, telegram } = yield* setup()
      const send = (more: Record<string, unknown>) => refusal(() => api.sendMessage({ chat_id: 7, text: "x", ...more }))
      const button = (fields: object) => ({ reply_markup: { inline_keyboard: [[{ text: "b", ...fields }]] } })
      assert.strictEqual(yield* send({ chat_id: 404 }), "Bad Request: chat not found")
      assert.strictEqual(yield* send({ chat_id: 8 }), "Bad Request: chat not found")
      assert.strictEqual(yield* send({ text: "" }), "Bad Request: message text is empty")
      assert.strictEqual(yield* send({ text: " \n " }), "Bad Request: text must be non-empty")
      assert.strictEqual(yield* send({ text: "x".repeat(4097) }), "Bad Request: message is too long")
      assert.strictEqual(yield* send({ text: "🚀".repeat(2049) }), "Bad Request: message is too long")
      assert.strictEqual(
        yield* send({ parse_mode: "MarkdownV2", text: "1.5" }),
        "Bad Request: can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'"
      )
      assert.strictEqual(yield* send({ parse_mode: "Latex" }), "Bad Request: unsupported parse_mode")
      assert.strictEqual(
        yield* send({ entities: [{ length: 2, offset: 0, type: "bold" }] }),
        "Bad Request: entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 2"
      )
      assert.strictEqual(
        yield* send({ entities: [{ length: 1, offset: 0, type: "bold" }], text: "🚀" }),
        "Bad Request: entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol at byte offset 4"
      )
      assert.strictEqual(
        yield* send({ reply_parameters: { message_id: 404 } }),
        "Bad Request: message to be replied not found"
      )
      assert.strictEqual(yield* send(button({ callback_data: "ü".repeat(33) })), "Bad Request: BUTTON_DATA_INVALID")
      assert.strictEqual(
        yield* send(button({})),
        "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
      )
      assert.strictEqual(
        yield* send({ reply_markup: { inline_keyboard: [{ callback_data: "x", text: "b" }] } }),
        "Bad Request: field \"inline_keyboard\" of the InlineKeyboardMarkup must be an Array of Arrays"
      )
      yield* telegram.block(7)
      assert.strictEqual(yield* send({}), "Forbidden: bot was blocked by the user")
      assert.strictEqual((yield* telegram.chat(7)).length, 1)
    }))

  it.scopedLive("what is just within the limits passes", () =>
    Effect.gen(function*() {
      const { api, telegram } = yield* setup()
      yield* call(() => api.sendMessage({ chat_id: 7, text: ` ${"x".repeat(4096)}\n` }))
      yield* call(() =>
        api.sendMessage({
          chat_id: 7,
          entities: [{ length: 2, offset: 1, type: "bold" }],
          reply_markup: { inline_keyboard: [[{ callback_data: "x".repeat(64), text: "b" }]] },
          reply_parameters: { allow_sending_without_reply: true, message_id: 404 },
          text: "a🚀"
        })
      )
      assert.deepStrictEqual((yield* telegram.chat(7)).map((each) => each.text.length), [6, 4096, 3])
    }))

  it.scopedLive("documents carry their content, with a caption of at most 1024", () =>
    Effect.gen(function*() {
      const { api, telegram } = yield* setup()
      const file = (content: Uint8Array) =>
        new InputFile(content, { contentType: "text/plain", filename: "session.log" })
      const log = file(new TextEncoder().encode("line 1\nzeile 2 ü"))
      yield* call(() => api.sendDocument({ caption: "the *log*", chat_id: 7, document: log, parse_mode: "MarkdownV2" }))
      const [document] = yield* telegram.documents(7)
      assert.deepStrictEqual([document?.name, new TextDecoder().decode(document?.content)], [
        "session.log",
        "line 1\nzeile 2 ü"
      ])
      assert.strictEqual((yield* telegram.chat(7))[1]?.text, "the log")
      const send = (more: object) => refusal(() => api.sendDocument({ chat_id: 7, document: log, ...more }))
      assert.strictEqual(yield* send({ caption: "x".repeat(1025) }), "Bad Request: message caption is too long")
      assert.strictEqual(yield* send({ document: file(new Uint8Array()) }), "Bad Request: file must be non-empty")
      assert.strictEqual(yield* send({ document: "nowhere" }), "Bad Request: wrong file identifier/HTTP URL specified")
      const large = file(new Uint8Array(50 * 1024 * 1024 + 1))
      assert.strictEqual(yield* send({ document: large }), "Request Entity Too Large")
    }))

  it.scopedLive("a file that a person sent is fetched by its path", () =>
    Effect.gen(function*() {
      const { api, telegram } = yield* setup()
      const content = new TextEncoder().encode("stack trace")
      const { document } = yield* telegram.message({ chat: 7, document: { content, name: "trace.txt" }, from: 7 })
      const file = yield* call(() => api.getFile({ file_id: document?.fileId ?? "" }))
      const text = yield* call(() =>
        fetch(`${telegram.apiRoot}/file/bot${telegram.token}/${file.file_path}`).then((response) => response.text())
      )
      assert.strictEqual(text, "stack trace")
      assert.strictEqual(
        yield* refusal(() => api.getFile({ file_id: "nowhere" })),
        "Bad Request: wrong file_id or the file is temporarily unavailable"
      )
    }))

  it.scopedLive("topics: a message stays in its own, an unknown one is refused", () =>
    Effect.gen(function*() {
      const { api, telegram } = yield* setup()
      const asked = yield* telegram.message({ chat: -1001, from: 7, text: "/new fix", threadId: 2 })
      yield* call(() => api.sendMessage({ chat_id: -1001, reply_parameters: { message_id: asked.id }, text: "on it" }))
      assert.deepStrictEqual((yield* telegram.chat(-1001)).map((each) => each.threadId), [2, 2])
      assert.strictEqual(
        yield* refusal(() => api.sendMessage({ chat_id: -1001, message_thread_id: 99, text: "x" })),
        "Bad Request: message thread not found"
      )
      // A plain message in a topic refers to the message that made the topic.
      const update = (yield* telegram.pending).at(-1)
      assert.strictEqual(at(update, "message", "reply_to_message", "message_id"), 2)
    }))

  it.scopedLive("commands, actions, reactions and chats", () =>
    Effect.gen(function*() {
      const { api, telegram } = yield* setup()
      const set = (command: string, description = "does it") =>
        refusal(() => api.setMyCommands({ commands: [{ command, description }] }))
      yield* call(() => api.setMyCommands({ commands: [{ command: "new", description: "Start" }] }))
      assert.strictEqual((yield* call(() => api.getMyCommands()))[0]?.command, "new")
      assert.strictEqual(yield* set("New"), "Bad Request: BOT_COMMAND_INVALID")
      assert.strictEqual(yield* set("x".repeat(33)), "Bad Request: command length must not exceed 32")
      assert.strictEqual(yield* set("new", ""), "Bad Request: command description must be non-empty")
      yield* call(() => api.sendChatAction({ action: "typing", chat_id: 7 }))
      assert.strictEqual((yield* telegram.state).actions[0]?.action, "typing")
      const react = (emoji: string) => ({ chat_id: 7, message_id: 1, reaction: [{ emoji, type: "emoji" as const }] })
      yield* call(() => api.setMessageReaction(react("👀")))
      assert.deepStrictEqual(yield* telegram.reactions(7, 1), [{ emoji: "👀", user: 4242 }])
      assert.strictEqual(yield* refusal(() => api.setMessageReaction(react("✅"))), "Bad Request: REACTION_INVALID")
      assert.strictEqual((yield* call(() => api.getChat({ chat_id: -1001 }))).is_forum, true)
    }))

  it.scopedLive("faults: 429 with retry_after, 500, a lost request, a lost response", () =>
    Effect.gen(function*() {
      const { api, telegram } = yield* setup()
      const send = (text: string) =>
        Effect.flip(Effect.tryPromise({ catch: (cause) => cause, try: () => api.sendMessage({ chat_id: 7, text }) }))
      yield* telegram.inject("sendMessage", Fault.RateLimited({ retryAfter: 3 }))
      yield* telegram.inject("sendMessage", Fault.ServerError({ status: 500 }))
      yield* telegram.inject("sendMessage", Fault.LostRequest())
      yield* telegram.inject("sendMessage", Fault.LostResponse())
      assert.strictEqual(at(yield* send("1"), "parameters", "retry_after"), 3)
      assert.strictEqual(at(yield* send("2"), "errorCode"), 500)
      assert.strictEqual(at(yield* send("3"), "code"), "EFETCH")
      assert.strictEqual(at(yield* send("4"), "code"), "EFETCH")
      // Only the lost response left its effect.
      assert.deepStrictEqual((yield* telegram.chat(7)).map((each) => each.text), ["/start", "4"])
      assert.deepStrictEqual((yield* telegram.journal).map((entry) => entry.outcome), [
        "Too Many Requests: retry after 3",
        "Internal Server Error",
        "lost request",
        "lost response"
      ])
    }))

  it.scopedLive("messages over one a second in a chat are violations, and refused where limits are enforced", () =>
    Effect.gen(function*() {
      const { api, telegram } = yield* setup({ enforceLimits: true })
      const send = (text: string) => Effect.either(Effect.tryPromise(() => api.sendMessage({ chat_id: 7, text })))
      const results = yield* Effect.forEach(["1", "2", "3", "4"], send)
      assert.deepStrictEqual(results.map((result) => result._tag), ["Right", "Right", "Right", "Left"])
      assert.deepStrictEqual((yield* telegram.violations).map((each) => [each.rule, each.key]), [
        ["one message a second in a chat", "7"]
      ])
    }))
})
