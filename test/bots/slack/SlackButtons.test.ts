/** Buttons and forms under plans and cards. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { exceeded, isKind, said, setup } from "./SlackKit.ts"

const mention = { channel: "C1", user: "U1", text: "fix the login" }

describe("the plan", () => {
  it.scopedLive("waits with buttons; Approve goes on, and the buttons go", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      yield* serve()
      yield* slack.mention({ ...mention, text: "fix the login --approve" })
      const plan = yield* slack.awaitMessage("C1", isKind("plan-1"))
      yield* (yield* slack.pressButton(plan, "approve", "U2")).acked
      yield* slack.awaitMessage("C1", isKind("card"))
      const after = yield* slack.awaitMessage("C1", (each) =>
        each.ts === plan.ts && said(each).includes("approved by bob"))
      assert.notInclude(said(after), "\"approve\"")
      assert.deepStrictEqual(yield* exceeded(slack), [])
    }))

  it.scopedLive("is edited in a form, and saving approves it; a rejection asks why and plans again", () =>
    Effect.gen(function*() {
      const { serve, slack, world } = yield* setup()
      const { sessions } = yield* serve()
      yield* slack.mention({ ...mention, text: "fix the login --approve" })
      const first = yield* slack.awaitMessage("C1", isKind("plan-1"))
      yield* slack.pressButton(first, "reject", "U1")
      yield* slack.until(({ views }) => views.some((view) => view.open && view.view["callback_id"] === "reject"))
      yield* slack.submitView("U1", { reason: "smaller, please" })
      const second = yield* slack.awaitMessage("C1", isKind("plan-2"))
      assert.include(world.model.asked.at(-1)?.prompt ?? "", "smaller, please")
      yield* slack.pressButton(second, "edit", "U1")
      yield* slack.until(({ views }) => views.some((view) => view.open && view.view["callback_id"] === "edit"))
      yield* slack.submitView("U1", { "plan-0": "1. only the label" })
      yield* slack.awaitMessage("C1", isKind("card"))
      const { sessions: [session] } = yield* sessions.list({ limit: 1 })
      assert.strictEqual(session?.plan, "1. only the label")
    }))
})

describe("an older plan's buttons", () => {
  it.scopedLive("answer nothing once it was replaced: the newer plan waits on", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      const { sessions } = yield* serve()
      yield* slack.mention({ ...mention, text: "fix the login --approve" })
      const first = yield* slack.awaitMessage("C1", isKind("plan-1"))
      yield* slack.pressButton(first, "reject", "U1")
      yield* slack.until(({ views }) => views.some((view) => view.open && view.view["callback_id"] === "reject"))
      yield* slack.submitView("U1", { reason: "smaller, please" })
      yield* slack.awaitMessage("C1", isKind("plan-2"))
      for (const button of ["approve", "edit", "reject"]) {
        yield* (yield* slack.pressButton({ ...first, shown: first.blocks }, button, "U2")).acked
      }
      const { ephemerals, views } = yield* slack.until((state) => state.ephemerals.length === 3)
      for (const { text } of ephemerals) assert.include(text, "plan 1 of turn 1, which was replaced")
      assert.isFalse(views.some(({ open }) => open))
      const { sessions: [session] } = yield* sessions.list({ limit: 1 })
      assert.deepStrictEqual([session?.status, session?.proposal], ["waiting", 2])
    }))
})

describe("the card", () => {
  it.scopedLive("of a failure has a button that tries again, once; diff and log are sent on request", () =>
    Effect.gen(function*() {
      const { serve, slack, world } = yield* setup()
      world.engine.script = (run) =>
        run.turn === 1 ? { exitCode: 1, answer: "broke" } : { exitCode: 0, commits: true, answer: "ok" }
      yield* serve()
      yield* slack.mention(mention)
      const failed = yield* slack.awaitMessage("C1", isKind("card"))
      assert.include(said(failed), "Failed")
      yield* (yield* slack.pressButton(failed, "retry", "U2")).acked
      const card = yield* slack.awaitMessage("C1", isKind("card", 2))
      yield* (yield* slack.pressButton(failed, "retry", "U2")).acked
      const { ephemerals } = yield* slack.until((state) => state.ephemerals.length > 0)
      assert.include(ephemerals[0]?.text ?? "", "has moved on since")
      yield* slack.pressButton(card, "diff", "U1")
      yield* slack.pressButton(card, "log", "U1")
      const { files } = yield* slack.until(({ files }) => files.filter(({ channel }) => channel === "C1").length === 4)
      const diff = files.find(({ name }) => name.endsWith(".diff"))
      assert.include(new TextDecoder().decode(diff?.content), "diff ")
      assert.strictEqual(diff?.threadTs, card.threadTs)
    }))
})
