import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { call, errorOf, setupWeb } from "./SlackClients.ts"

describe("SlackStandIn: messages", () => {
  it.scopedLive("a message is posted, threaded, edited and deleted, and its history is kept", () =>
    Effect.gen(function*() {
      const { slack, web } = yield* setupWeb()
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
      const { slack, web } = yield* setupWeb()
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
      const { web } = yield* setupWeb()
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
      const { slack, web } = yield* setupWeb()
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
})
