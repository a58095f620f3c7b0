import { assert, describe, it } from "@effect/vitest"
import { SocketModeClient } from "@slack/socket-mode"
import { LogLevel, WebClient } from "@slack/web-api"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as Http from "node:http"
import { arrayAt, at, type JsonObject, stringAt } from "./SlackJson.ts"
import { SlackStandIn, type SlackStandInShape } from "./SlackStandIn.ts"

const quiet = {
  debug: () => {},
  error: () => {},
  getLevel: () => LogLevel.ERROR,
  info: () => {},
  setLevel: () => {},
  setName: () => {},
  warn: () => {}
}

interface Heard {
  readonly type: string
  readonly body: JsonObject
  readonly retry_num: number | undefined
  readonly ack: (response?: JsonObject) => Promise<void>
}

/** The real Socket Mode client, connected; what it hears waits in a queue, not acknowledged. */
const listen = (slack: SlackStandInShape): Effect.Effect<Queue.Queue<Heard>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const heard = yield* Queue.unbounded<Heard>()
    yield* Effect.acquireRelease(
      Effect.promise(() => {
        const client = new SocketModeClient({
          appToken: slack.appToken,
          clientOptions: { slackApiUrl: slack.apiUrl },
          clientPingTimeout: 200,
          logger: quiet
        })
        client.on("slack_event", (event: Heard) => Queue.unsafeOffer(heard, event))
        return client.start().then(() => client)
      }),
      (client) => Effect.promise(() => client.disconnect())
    )
    return heard
  })

const setup = Effect.gen(function*() {
  const slack = yield* SlackStandIn.make()
  const heard = yield* listen(slack)
  const web = new WebClient(slack.botToken, { logger: quiet, slackApiUrl: slack.apiUrl })
  return { heard, slack, web }
})

const eventOf = (heard: Heard) => [stringAt(heard.body, "event", "type"), stringAt(heard.body, "event", "text")]
const ack = (heard: Heard, response?: JsonObject) => Effect.promise(() => heard.ack(response))
const text = (text: string) => ({ text, type: "plain_text" as const })
const card = {
  blocks: [{
    elements: [{ action_id: "approve", text: text("Go"), type: "button" as const, value: "s1" }],
    type: "actions" as const
  }],
  channel: "C1",
  text: "plan"
}
const form = {
  blocks: [{
    block_id: "why",
    element: { action_id: "reason", type: "plain_text_input" as const },
    label: text("Why"),
    type: "input" as const
  }],
  private_metadata: "s1",
  submit: text("Send"),
  title: text("Reject"),
  type: "modal" as const
}
const upgrade = {
  "connection": "Upgrade",
  "sec-websocket-key": "c3RhbmQtaW4gc29ja2V0IQ==",
  "sec-websocket-version": "13",
  "upgrade": "websocket"
}

describe("SlackStandIn Socket Mode", () => {
  it.scopedLive("a mention is heard as both events, and an acknowledgement is recorded with its time", () =>
    Effect.gen(function*() {
      const { heard, slack } = yield* setup
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
      const { heard, web } = yield* setup
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
      const { heard, slack } = yield* setup
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
      const { heard, slack } = yield* setup
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
      const { heard, slack } = yield* setup
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
      const { heard, slack } = yield* setup
      yield* slack.announceDisconnect("refresh_requested")
      yield* slack.until((state) => state.calls.filter((each) => each.method === "apps.connections.open").length === 2)
      yield* slack.say({ channel: "C1", text: "still there?", user: "U1" })
      assert.strictEqual(eventOf(yield* Queue.take(heard))[1], "still there?")
    }))

  it.scopedLive("envelopes are spread over the connections; a ticket opens one", () =>
    Effect.gen(function*() {
      const { heard, slack } = yield* setup
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

  it.scopedLive("a pressed button opens a modal, whose submission is closed by its acknowledgement", () =>
    Effect.gen(function*() {
      const { heard, slack, web } = yield* setup
      const posted = yield* Effect.promise(() => web.chat.postMessage(card))
      yield* Queue.take(heard)
      const ref = { channel: "C1", ts: posted.ts ?? "" }
      const missing = yield* Effect.flip(slack.pressButton(ref, "reject", "U1"))
      assert.strictEqual(missing._tag, "SlackCannot")
      yield* slack.pressButton(ref, "approve", "U1")
      const pressed = yield* Queue.take(heard)
      yield* ack(pressed)
      assert.strictEqual(stringAt(pressed.body, "type"), "block_actions")
      assert.strictEqual(stringAt(arrayAt(pressed.body, "actions")[0], "value"), "s1")
      assert.strictEqual(stringAt(pressed.body, "container", "message_ts"), posted.ts)
      const trigger = stringAt(pressed.body, "trigger_id") ?? ""
      yield* Effect.promise(() => web.views.open({ trigger_id: trigger, view: form }))
      const again = yield* Effect.flip(Effect.tryPromise(() => web.views.open({ trigger_id: trigger, view: form })))
      assert.strictEqual(stringAt(at(again, "error"), "data", "error"), "exchanged_trigger_id")
      assert.strictEqual((yield* Effect.flip(slack.submitView("U1", {})))._tag, "SlackCannot")

      const refused = yield* slack.submitView("U1", { reason: "no" })
      yield* Effect.flatMap(
        Queue.take(heard),
        (each) => ack(each, { errors: { why: "Say more" }, response_action: "errors" })
      )
      yield* refused.acked
      assert.deepStrictEqual(Option.getOrThrow(yield* slack.modal("U1")).errors, { why: "Say more" })

      const accepted = yield* slack.submitView("U1", { reason: "not this way" })
      const submission = yield* Queue.take(heard)
      assert.strictEqual(
        stringAt(submission.body, "view", "state", "values", "why", "reason", "value"),
        "not this way"
      )
      yield* ack(submission)
      yield* accepted.acked
      assert.isTrue(Option.isNone(yield* slack.modal("U1")))
    }))

  it.scopedLive("a slash command is answered to its author in the acknowledgement, or at its response URL", () =>
    Effect.gen(function*() {
      const { heard, slack } = yield* setup
      const command = { channel: "C1", command: "/opentl", text: "status", user: "U2" }
      const sent = yield* slack.slashCommand(command)
      const asked = yield* Queue.take(heard)
      assert.deepStrictEqual([asked.type, asked.body["text"]], ["slash_commands", "status"])
      yield* ack(asked, { text: "nothing runs" })
      yield* sent.acked
      yield* Effect.promise(() =>
        fetch(stringAt(asked.body, "response_url") ?? "", { body: JSON.stringify({ text: "later" }), method: "POST" })
      )
      assert.deepStrictEqual((yield* slack.ephemerals("U2")).map((each) => each.text), ["nothing runs", "later"])
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
      const { heard, slack } = yield* setup
      const sent = yield* slack.say({ channel: "C1", text: "hi", user: "U1" })
      const event = yield* Queue.take(heard)
      yield* TestClock.adjust("3001 millis")
      yield* ack(event)
      yield* sent.acked
      assert.deepStrictEqual((yield* slack.violations).map((each) => each.rule), ["acknowledgement within 3 s"])
    }))
})
