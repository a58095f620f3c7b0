import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import { ack, plain, setupSocket } from "./SlackClients.ts"
import { arrayAt, at, stringAt } from "./SlackJson.ts"

const card = {
  blocks: [{
    elements: [{ action_id: "approve", text: plain("Go"), type: "button" as const, value: "s1" }],
    type: "actions" as const
  }],
  channel: "C1",
  text: "plan"
}
const form = {
  blocks: [{
    block_id: "why",
    element: { action_id: "reason", type: "plain_text_input" as const },
    label: plain("Why"),
    type: "input" as const
  }],
  private_metadata: "s1",
  submit: plain("Send"),
  title: plain("Reject"),
  type: "modal" as const
}

describe("a person before the app", () => {
  it.scopedLive("a pressed button opens a modal, whose submission is closed by its acknowledgement", () =>
    Effect.gen(function*() {
      const { heard, slack, web } = yield* setupSocket()
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
      const { heard, slack } = yield* setupSocket()
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
})
