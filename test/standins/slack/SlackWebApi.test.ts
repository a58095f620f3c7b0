import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { call, client, errorOf, plain, refusal, setupWeb } from "./SlackClients.ts"
import { arrayAt, at, stringAt } from "./SlackJson.ts"

describe("SlackStandIn Web API", () => {
  it.scopedLive("auth.test names the bot, with its scopes", () =>
    Effect.gen(function*() {
      const { slack, web } = yield* setupWeb()
      const answer = yield* call(() => web.auth.test())
      assert.strictEqual(answer.user_id, slack.botUserId)
      assert.include(answer.response_metadata?.scopes ?? [], "chat:write")
    }))

  it.scopedLive("tokens: none, a wrong one, one of the wrong kind, one without the scope", () =>
    Effect.gen(function*() {
      const { slack } = yield* setupWeb({ scopes: ["chat:write"] })
      const as = (token: string) => client(slack.apiUrl, token)
      assert.strictEqual(yield* errorOf(as(""), "auth.test", {}), "not_authed")
      assert.strictEqual(yield* errorOf(as("xoxb-other"), "auth.test", {}), "invalid_auth")
      assert.strictEqual(yield* errorOf(as(slack.botToken), "apps.connections.open", {}), "not_allowed_token_type")
      assert.strictEqual(yield* errorOf(as(slack.botToken), "users.info", { user: "U1" }), "missing_scope")
      assert.strictEqual(yield* errorOf(as(slack.botToken), "chat.sing", {}), "unknown_method")
    }))

  it.scopedLive("a JSON body is read as a form is", () =>
    Effect.gen(function*() {
      const { slack } = yield* setupWeb()
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

  it.scopedLive("files.uploadV2 shares a file with its content in a thread", () =>
    Effect.gen(function*() {
      const { slack, web } = yield* setupWeb()
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
      const { slack, web } = yield* setupWeb()
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
      const { slack, web } = yield* setupWeb()
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
})
