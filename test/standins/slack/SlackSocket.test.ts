import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as Http from "node:http"
import { ack, eventOf, listen, setupSocket } from "./SlackClients.ts"
import { at, stringAt } from "./SlackJson.ts"
import { SlackStandIn } from "./SlackStandIn.ts"

/** For the tests in which the app connects again. */
const reconnectMillis = 2000

const upgrade = {
  "connection": "Upgrade",
  "sec-websocket-key": "c3RhbmQtaW4gc29ja2V0IQ==",
  "sec-websocket-version": "13",
  "upgrade": "websocket"
}

describe("SlackStandIn Socket Mode", () => {
  it.scopedLive("a mention is heard as both events, and an acknowledgement is recorded with its time", () =>
    Effect.gen(function*() {
      const { heard, slack } = yield* setupSocket()
      const sent = yield* slack.mention({ channel: "C1", text: "fix it", user: "U1" })
      const [mention, message] = yield* Queue.takeN(heard, 2)
      const text = `<@${slack.botUserId}> fix it`
      assert.deepStrictEqual([mention, message].flatMap((each) => each ? [eventOf(each)] : []), [
        ["app_mention", text],
        ["message", text]
      ])
      assert.notStrictEqual(at(mention?.body, "event_id"), at(message?.body, "event_id"))
      if (mention !== undefined) yield* ack(mention)
      const delivery = yield* sent.acked
      assert.isAtLeast(delivery.ackedAt ?? 0, delivery.sentAt)
      assert.deepStrictEqual(yield* slack.violations, [])
    }))

  it.scopedLive("the app hears its own posts, edits and reactions, as every app does", () =>
    Effect.gen(function*() {
      const { heard, web } = yield* setupSocket()
      const posted = yield* Effect.promise(() => web.chat.postMessage({ channel: "C1", text: "one" }))
      yield* Effect.promise(() => web.chat.update({ channel: "C1", text: "two", ts: posted.ts ?? "" }))
      yield* Effect.promise(() => web.reactions.add({ channel: "C1", name: "eyes", timestamp: posted.ts ?? "" }))
      const events = [...yield* Queue.takeN(heard, 3)]
      assert.deepStrictEqual(
        events.map((each) => [
          stringAt(each.body, "event", "type"),
          stringAt(each.body, "event", "subtype") ?? stringAt(each.body, "event", "bot_id") ??
            stringAt(each.body, "event", "reaction")
        ]),
        [["message", "B0OPENTL"], ["message", "message_changed"], ["reaction_added", "eyes"]]
      )
    }))

  it.scopedLive("replies, edits, reactions and the Home tab are told as events", () =>
    Effect.gen(function*() {
      const { heard, slack } = yield* setupSocket()
      const { message } = yield* slack.say({ channel: "C1", text: "start", user: "U1" })
      yield* slack.say({ channel: "C1", text: "more", threadTs: message.ts, user: "U2" })
      yield* slack.editMessage({ channel: "C1", ts: message.ts }, "begin")
      yield* slack.react({ channel: "C1", ts: message.ts }, "octagonal_sign", "U2")
      yield* slack.openHome("U1")
      const [, reply, edit, reaction, home] = [...yield* Queue.takeN(heard, 5)]
      assert.strictEqual(stringAt(reply?.body, "event", "thread_ts"), message.ts)
      assert.strictEqual(stringAt(edit?.body, "event", "message", "text"), "begin")
      assert.strictEqual(stringAt(edit?.body, "event", "previous_message", "text"), "start")
      assert.strictEqual(stringAt(reaction?.body, "event", "item", "ts"), message.ts)
      assert.strictEqual(stringAt(home?.body, "event", "tab"), "home")
    }))

  it.scopedLive("an envelope is sent again with the same event id and a retry number", () =>
    Effect.gen(function*() {
      const { heard, slack } = yield* setupSocket()
      const sent = yield* slack.say({ channel: "C1", text: "hi", user: "U1" })
      const first = yield* Queue.take(heard)
      yield* ack(first)
      yield* slack.redeliver(sent.envelopeId)
      yield* slack.redeliver(sent.envelopeId)
      const again = [...yield* Queue.takeN(heard, 2)]
      assert.deepStrictEqual(again.map((each) => each.retry_num), [1, 2])
      assert.deepStrictEqual(again.map((each) => at(each.body, "event_id")), [
        at(first.body, "event_id"),
        at(first.body, "event_id")
      ])
    }))

  it.scopedLive("what was not acknowledged when the socket dropped comes again over the next one", () =>
    Effect.gen(function*() {
      const { heard, slack } = yield* setupSocket(reconnectMillis)
      const first = yield* slack.say({ channel: "C1", text: "acknowledged", user: "U1" })
      yield* Effect.flatMap(Queue.take(heard), ack)
      yield* first.acked
      const lost = yield* slack.say({ channel: "C1", text: "lost", user: "U1" })
      yield* Queue.take(heard)
      yield* slack.dropConnections
      yield* slack.say({ channel: "C1", text: "meanwhile", user: "U1" })
      const [again, next] = [...yield* Queue.takeN(heard, 2)]
      assert.deepStrictEqual([again, next].map((each) => each && [eventOf(each)[1], each.retry_num]), [
        ["lost", 1],
        ["meanwhile", 0]
      ])
      if (again !== undefined) yield* ack(again)
      assert.strictEqual((yield* lost.acked).attempt, 1)
    }))

  it.scopedLive("the app opens another connection when a disconnect is announced", () =>
    Effect.gen(function*() {
      const { heard, slack } = yield* setupSocket(reconnectMillis)
      yield* slack.announceDisconnect("refresh_requested")
      yield* slack.until((state) => state.calls.filter((each) => each.method === "apps.connections.open").length === 2)
      yield* slack.say({ channel: "C1", text: "still there?", user: "U1" })
      assert.strictEqual(eventOf(yield* Queue.take(heard))[1], "still there?")
    }))

  it.scopedLive("envelopes are spread over the connections; a ticket opens one", () =>
    Effect.gen(function*() {
      const { heard, slack } = yield* setupSocket()
      const other = yield* listen(slack)
      assert.strictEqual(yield* slack.connections, 2)
      yield* slack.say({ channel: "C1", text: "1", user: "U1" })
      yield* slack.say({ channel: "C1", text: "2", user: "U1" })
      const texts = [yield* Queue.take(heard), yield* Queue.take(other)].map((each) => eventOf(each)[1])
      assert.deepStrictEqual(texts.sort(), ["1", "2"])
      const status = yield* Effect.async<number | undefined>((resume) => {
        const url = slack.apiUrl.replace("/api/", "/link?ticket=used")
        Http.get(url, { headers: upgrade }, (response) => resume(Effect.succeed(response.resume().statusCode)))
      })
      assert.strictEqual(status, 403)
    }))

  it.scopedLive("without a connection an event waits and a command fails", () =>
    Effect.gen(function*() {
      const slack = yield* SlackStandIn.make()
      yield* slack.mention({ channel: "C1", text: "early", user: "U1" })
      const failed = yield* Effect.flip(
        slack.slashCommand({ channel: "C1", command: "/opentl", text: "", user: "U1" })
      )
      assert.strictEqual(failed._tag, "SlackNotConnected")
      const heard = yield* listen(slack)
      assert.deepStrictEqual(eventOf(yield* Queue.take(heard))[0], "app_mention")
    }))

  it.scopedLive("closing the stand-in ends the connections", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const slack = yield* Scope.extend(SlackStandIn.make(), scope)
      yield* Effect.asVoid(listen(slack))
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* slack.connections, 0)
    }))

  it.scoped("an acknowledgement after three seconds is a violation", () =>
    Effect.gen(function*() {
      const { heard, slack } = yield* setupSocket()
      const sent = yield* slack.say({ channel: "C1", text: "hi", user: "U1" })
      const event = yield* Queue.take(heard)
      yield* TestClock.adjust("3001 millis")
      yield* ack(event)
      yield* sent.acked
      assert.deepStrictEqual((yield* slack.violations).map((each) => each.rule), ["acknowledgement within 3 s"])
    }))
})
