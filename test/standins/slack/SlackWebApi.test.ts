import { assert, describe, it } from "@effect/vitest"
import { LogLevel, WebClient } from "@slack/web-api"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Fault } from "./SlackFaults.ts"
import { arrayAt, at, stringAt } from "./SlackJson.ts"
import { type SlackOptions, SlackStandIn } from "./SlackStandIn.ts"

const quiet = {
  debug: () => {},
  error: () => {},
  getLevel: () => LogLevel.ERROR,
  info: () => {},
  setLevel: () => {},
  setName: () => {},
  warn: () => {}
}

const client = (url: string, token: string) =>
  new WebClient(token, { logger: quiet, rejectRateLimitedCalls: true, retryConfig: { retries: 0 }, slackApiUrl: url })

const setup = (options?: SlackOptions) =>
  Effect.map(SlackStandIn.make(options), (slack) => ({ slack, web: client(slack.apiUrl, slack.botToken) }))

/** The refusal of a call that must not pass. */
const refusal = (call: () => Promise<unknown>) => Effect.flip(Effect.tryPromise({ catch: (cause) => cause, try: call }))

/** The error's name in the refusal of a call. */
const errorOf = (web: WebClient, method: string, args: Record<string, unknown>) =>
  Effect.map(refusal(() => web.apiCall(method, args)), (error) => stringAt(error, "data", "error"))

const call = <A>(run: () => Promise<A>) => Effect.promise(run)

describe("SlackStandIn Web API", () => {
  it.scopedLive("auth.test names the bot, with its scopes", () =>
    Effect.gen(function*() {
      const { slack, web } = yield* setup()
      const answer = yield* call(() => web.auth.test())
      assert.strictEqual(answer.user_id, slack.botUserId)
      assert.include(answer.response_metadata?.scopes ?? [], "chat:write")
    }))

  it.scopedLive("tokens: none, a wrong one, one of the wrong kind, one without the scope", () =>
    Effect.gen(function*() {
      const { slack } = yield* setup({ scopes: ["chat:write"] })
      const as = (token: string) => client(slack.apiUrl, token)
      assert.strictEqual(yield* errorOf(as(""), "auth.test", {}), "not_authed")
      assert.strictEqual(yield* errorOf(as("xoxb-other"), "auth.test", {}), "invalid_auth")
      assert.strictEqual(yield* errorOf(as(slack.botToken), "apps.connections.open", {}), "not_allowed_token_type")
      assert.strictEqual(yield* errorOf(as(slack.botToken), "users.info", { user: "U1" }), "missing_scope")
      assert.strictEqual(yield* errorOf(as(slack.botToken), "chat.sing", {}), "unknown_method")
    }))

  it.scopedLive("a JSON body is read as a form is", () =>
    Effect.gen(function*() {
      const { slack } = yield* setup()
      const answer = yield* call(() =>
        fetch(`${slack.apiUrl}chat.postMessage`, {
          body: JSON.stringify({ blocks: [{ type: "divider" }], channel: "C1", text: "hi" }),
          headers: { authorization: `Bearer ${slack.botToken}`, "content-type": "application/json; charset=utf-8" },
          method: "POST"
        }).then((response) => response.json())
      )
      assert.strictEqual(at(answer, "ok"), true)
      const [message] = yield* slack.messages("C1")
      assert.strictEqual(message?.blocks.length, 1)
    }))

  it.scopedLive("a message is posted, threaded, edited and deleted, and its history is kept", () =>
    Effect.gen(function*() {
      const { slack, web } = yield* setup()
      const metadata = { event_payload: { session: "abc", turn: 1 }, event_type: "opentl_status" }
      const parent = yield* call(() => web.chat.postMessage({ channel: "C1", text: "one" }))
      const reply = yield* call(() =>
        web.chat.postMessage({ channel: "C1", metadata, text: "two", thread_ts: parent.ts ?? "" })
      )
      yield* call(() =>
        web.chat.update({
          blocks: [{ text: { text: "three", type: "mrkdwn" }, type: "section" }],
          channel: "C1",
          text: "3",
          ts: reply.ts ?? ""
        })
      )
      const [, edited] = yield* slack.thread("C1", parent.ts ?? "")
      assert.deepStrictEqual([edited?.text, edited?.edits.map((edit) => edit.text)], ["3", ["two"]])
      assert.deepStrictEqual(edited?.metadata, metadata)
      // A text without blocks takes the blocks away.
      yield* call(() => web.chat.update({ channel: "C1", text: "4", ts: reply.ts ?? "" }))
      assert.strictEqual((yield* slack.thread("C1", parent.ts ?? ""))[1]?.blocks.length, 0)
      yield* call(() => web.chat.delete({ channel: "C1", ts: reply.ts ?? "" }))
      assert.strictEqual((yield* slack.messages("C1")).length, 1)
      assert.strictEqual(
        yield* errorOf(web, "chat.update", { channel: "C1", text: "5", ts: reply.ts }),
        "message_not_found"
      )
    }))

  it.scopedLive("posts are refused with the service's errors", () =>
    Effect.gen(function*() {
      const { slack, web } = yield* setup()
      const { message } = yield* slack.say({ channel: "C1", text: "mine", user: "U1" })
      const reply = yield* slack.say({ channel: "C1", text: "re", threadTs: message.ts, user: "U2" })
      const post = (args: Record<string, unknown>) => errorOf(web, "chat.postMessage", { channel: "C1", ...args })
      assert.strictEqual(yield* errorOf(web, "chat.postMessage", { text: "x" }), "invalid_arguments")
      assert.strictEqual(yield* post({ channel: "C404", text: "x" }), "channel_not_found")
      assert.strictEqual(yield* post({ channel: "C3", text: "x" }), "not_in_channel")
      assert.strictEqual(yield* post({ channel: "C4", text: "x" }), "is_archived")
      assert.strictEqual(yield* post({}), "no_text")
      assert.strictEqual(yield* post({ text: "x".repeat(40_001) }), "msg_too_long")
      assert.strictEqual(yield* post({ markdown_text: "**x**", text: "x" }), "markdown_text_conflict")
      assert.strictEqual(yield* post({ blocks: "{", text: "x" }), "invalid_blocks_format")
      assert.strictEqual(yield* post({ text: "x", thread_ts: "12" }), "invalid_thread_ts")
      assert.strictEqual(yield* post({ text: "x", thread_ts: "1600000000.000001" }), "thread_not_found")
      assert.strictEqual(yield* post({ text: "x", thread_ts: reply.message.ts }), "cannot_reply_to_message")
      assert.strictEqual(yield* post({ metadata: { event_type: "a" }, text: "x" }), "invalid_metadata_format")
      const large = { event_payload: { a: "x".repeat(16_000) }, event_type: "a" }
      assert.strictEqual(yield* post({ metadata: large, text: "x" }), "metadata_too_large")
      assert.strictEqual(
        yield* errorOf(web, "chat.update", { channel: "C1", text: "x", ts: message.ts }),
        "cant_update_message"
      )
      assert.strictEqual(
        yield* errorOf(web, "chat.delete", { channel: "C1", ts: message.ts }),
        "cant_delete_message"
      )
      const own = yield* call(() => web.chat.postMessage({ channel: "C1", text: "ours" }))
      assert.strictEqual(
        yield* errorOf(web, "chat.update", { channel: "C1", text: "x".repeat(4001), ts: own.ts }),
        "msg_too_long"
      )
    }))

  it.scopedLive("a thread is read in pages, with metadata only where it is asked for", () =>
    Effect.gen(function*() {
      const { web } = yield* setup()
      const parent = yield* call(() => web.chat.postMessage({ channel: "C1", text: "0" }))
      const ts = parent.ts ?? ""
      yield* Effect.forEach(["1", "2", "3"], (text) =>
        call(() =>
          web.chat.postMessage({
            channel: "C1",
            metadata: { event_payload: { text }, event_type: "t" },
            text,
            thread_ts: ts
          })
        ))
      const first = yield* call(() => web.conversations.replies({ channel: "C1", limit: 3, ts }))
      assert.deepStrictEqual(first.messages?.map((message) => message.text), ["0", "1", "2"])
      assert.isUndefined(first.messages?.[1]?.metadata)
      const second = yield* call(() =>
        web.conversations.replies({
          channel: "C1",
          cursor: first.response_metadata?.next_cursor ?? "",
          include_all_metadata: true,
          ts
        })
      )
      assert.deepStrictEqual(second.messages?.map((message) => message.text), ["3"])
      assert.deepStrictEqual(second.messages?.[0]?.metadata, { event_payload: { text: "3" }, event_type: "t" })
      assert.isFalse(second.has_more)
      const history = yield* call(() => web.conversations.history({ channel: "C1" }))
      assert.deepStrictEqual(history.messages?.map((message) => [message.text, message.reply_count]), [["0", 3]])
      const read = (args: Record<string, unknown>) => errorOf(web, "conversations.replies", args)
      assert.strictEqual(yield* read({ channel: "C1", cursor: "bad", ts }), "invalid_cursor")
      assert.strictEqual(yield* read({ channel: "C1", ts: "1600000000.000001" }), "thread_not_found")
      assert.strictEqual(yield* read({ ts }), "channel_not_found")
    }))

  it.scopedLive("reactions are set once and taken back once", () =>
    Effect.gen(function*() {
      const { slack, web } = yield* setup()
      const { message } = yield* slack.say({ channel: "C1", text: "hi", user: "U1" })
      const target = { channel: "C1", timestamp: message.ts }
      yield* call(() => web.reactions.add({ ...target, name: "eyes" }))
      assert.deepStrictEqual(yield* slack.reactions("C1", message.ts), [{ name: "eyes", users: [slack.botUserId] }])
      assert.strictEqual(yield* errorOf(web, "reactions.add", { ...target, name: "eyes" }), "already_reacted")
      assert.strictEqual(yield* errorOf(web, "reactions.add", { ...target, name: ":x:" }), "invalid_name")
      const seen = yield* call(() => web.reactions.get(target))
      assert.strictEqual(seen.message?.reactions?.[0]?.count, 1)
      yield* call(() => web.reactions.remove({ ...target, name: "eyes" }))
      assert.strictEqual(yield* errorOf(web, "reactions.remove", { ...target, name: "eyes" }), "no_reaction")
    }))

  it.scopedLive("files.uploadV2 shares a file with its content in a thread", () =>
    Effect.gen(function*() {
      const { slack, web } = yield* setup()
      const { message } = yield* slack.say({ channel: "C1", text: "hi", user: "U1" })
      yield* call(() =>
        web.filesUploadV2({
          channel_id: "C1",
          content: "line 1\nzeile 2 ü",
          filename: "session.log",
          initial_comment: "the log",
          thread_ts: message.ts,
          title: "Log"
        })
      )
      const [file] = yield* slack.files("C1")
      assert.strictEqual(new TextDecoder().decode(file?.content), "line 1\nzeile 2 ü")
      assert.deepStrictEqual([file?.name, file?.title, file?.threadTs], ["session.log", "Log", message.ts])
      const [, shared] = yield* slack.thread("C1", message.ts)
      assert.deepStrictEqual([shared?.text, shared?.files.length], ["the log", 1])
      assert.strictEqual(
        yield* errorOf(web, "files.getUploadURLExternal", { filename: "a", length: 0 }),
        "invalid_arguments"
      )
      const place = yield* call(() => web.files.getUploadURLExternal({ filename: "a", length: 3 }))
      const short = yield* call(() => fetch(place.upload_url ?? "", { body: "ab", method: "POST" }))
      assert.strictEqual(short.status, 400)
      assert.strictEqual(
        yield* errorOf(web, "files.completeUploadExternal", { channel_id: "C1", files: [{ id: place.file_id }] }),
        "file_not_found"
      )
    }))

  it.scopedLive("people, direct messages and links are looked up", () =>
    Effect.gen(function*() {
      const { slack, web } = yield* setup()
      const user = yield* call(() => web.users.info({ user: "U1" }))
      assert.strictEqual(user.user?.real_name, "Alice Adams")
      assert.strictEqual(yield* errorOf(web, "users.info", { user: "U404" }), "user_not_found")
      const direct = yield* call(() => web.conversations.open({ users: "U1" }))
      yield* call(() => web.chat.postMessage({ channel: direct.channel?.id ?? "", text: "psst" }))
      assert.strictEqual((yield* slack.messages("DU1"))[0]?.text, "psst")
      const place = yield* call(() => web.conversations.info({ channel: "C2" }))
      assert.strictEqual(place.channel?.name, "random")
      const bot = yield* call(() => web.bots.info({ bot: "B0OPENTL" }))
      assert.strictEqual(bot.bot?.user_id, slack.botUserId)
      const { message } = yield* slack.say({ channel: "C1", text: "hi", user: "U1" })
      const link = yield* call(() => web.chat.getPermalink({ channel: "C1", message_ts: message.ts }))
      assert.match(link.permalink ?? "", /^https:\/\/opentl\.slack\.com\/archives\/C1\/p\d{16}$/)
      yield* call(() => web.chat.postEphemeral({ channel: "C1", text: "only you", user: "U2" }))
      assert.strictEqual((yield* slack.ephemerals("U2"))[0]?.text, "only you")
      assert.strictEqual(
        yield* errorOf(web, "chat.postEphemeral", { channel: "DU1", text: "x", user: "U2" }),
        "user_not_in_channel"
      )
    }))

  it.scopedLive("a Home tab is published; a view is refused as arguments are", () =>
    Effect.gen(function*() {
      const { slack, web } = yield* setup()
      const publish = (view: unknown) => refusal(() => web.apiCall("views.publish", { user_id: "U1", view }))
      yield* call(() => web.views.publish({ user_id: "U1", view: { blocks: [{ type: "divider" }], type: "home" } }))
      assert.strictEqual(Option.getOrThrow(yield* slack.home("U1")).kind, "home")
      const error = yield* publish({ blocks: [{ type: "section" }], type: "home" })
      assert.strictEqual(stringAt(error, "data", "error"), "invalid_arguments")
      assert.deepStrictEqual(arrayAt(error, "data", "response_metadata", "messages"), [
        "[ERROR] missing required field: text [json-pointer:/view/blocks/0]"
      ])
      assert.strictEqual(
        yield* errorOf(web, "views.open", {
          trigger_id: "1.2.3",
          view: { blocks: [], title: plain("T"), type: "modal" }
        }),
        "invalid_trigger_id"
      )
    }))

  it.scopedLive("faults: 429 with Retry-After, 500, a lost request, a lost response", () =>
    Effect.gen(function*() {
      const { slack, web } = yield* setup()
      const post = (text: string) => refusal(() => web.chat.postMessage({ channel: "C1", text }))
      yield* slack.inject("chat.postMessage", Fault.RateLimited({ retryAfter: 7 }), 2)
      yield* slack.inject("chat.postMessage", Fault.ServerError({ status: 500 }))
      yield* slack.inject("chat.postMessage", Fault.LostRequest())
      yield* slack.inject("chat.postMessage", Fault.LostResponse())
      yield* slack.inject("chat.postMessage", Fault.Refused({ error: "restricted_action" }))
      assert.strictEqual(at(yield* post("1"), "retryAfter"), 7)
      assert.strictEqual(at(yield* post("2"), "retryAfter"), 7)
      assert.strictEqual(at(yield* post("3"), "statusCode"), 500)
      assert.strictEqual(stringAt(yield* post("4"), "code"), "slack_webapi_request_error")
      assert.strictEqual(stringAt(yield* post("5"), "code"), "slack_webapi_request_error")
      assert.strictEqual(stringAt(yield* post("6"), "data", "error"), "restricted_action")
      // Only the lost response left its effect.
      assert.deepStrictEqual((yield* slack.messages("C1")).map((message) => message.text), ["5"])
      assert.deepStrictEqual((yield* slack.journal).map((entry) => entry.outcome), [
        "http 429",
        "http 429",
        "http 500",
        "lost request",
        "lost response",
        "restricted_action"
      ])
    }))

  it.scopedLive("posts over one a second to a channel are violations, and refused where limits are enforced", () =>
    Effect.gen(function*() {
      const { slack, web } = yield* setup({ enforceLimits: true })
      const post = (channel: string) =>
        Effect.either(Effect.tryPromise(() => web.chat.postMessage({ channel, text: "x" })))
      const results = yield* Effect.forEach(["C1", "C1", "C1", "C1", "C1", "C1", "C2"], post)
      assert.deepStrictEqual(results.map((result) => result._tag), [
        "Right",
        "Right",
        "Right",
        "Right",
        "Right",
        "Left",
        "Right"
      ])
      const violations = yield* slack.violations
      assert.deepStrictEqual(violations.map((each) => [each.rule, each.key]), [["chat.postMessage to a channel", "C1"]])
    }))
})

const plain = (text: string) => ({ text, type: "plain_text" })
