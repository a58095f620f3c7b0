/** `opentl logs --follow` of a session on a server that waits for a person: the command that lets it go on is named. */
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Session } from "../../src/domain/Session.ts"
import { ApprovalRequested, BudgetReached, QuestionsAsked } from "../../src/domain/SessionEvent.ts"
import { eventView, output, turnEnded } from "../support/Events.ts"
import { runCli, session, sessionId } from "./Harness.ts"

const asksPlan = eventView(2, ApprovalRequested.make({ turn: 1, remainingMillis: 1, proposal: 1 }))
const until = DateTime.unsafeMake(0)
const asksQuestion = eventView(2, QuestionsAsked.make({ turn: 1, questions: ["Which?"], until, remainingMillis: 1 }))
const asksBudget = eventView(2, BudgetReached.make({ turn: 1, budgetUsd: 1, firstUsd: 1, remainingMillis: 1 }))
const waits = [
  { event: asksPlan, phase: "approval", says: `opentl approve ${sessionId}` },
  { event: asksQuestion, phase: "questions", says: `opentl answer ${sessionId}` },
  { event: asksBudget, phase: "budget", says: `opentl budget ${sessionId} --add` }
] as const

/** Follows, from the state at the beginning through the events; `now` is the state after them. */
const following = (before: Session, events: ReadonlyArray<typeof asksPlan>, now: Session, since = 0) =>
  runCli(["logs", "0123", "--follow", "--since", String(since)], {
    sessions: {
      find: () => Effect.succeed(before),
      get: () => Effect.succeed(now),
      events: (_, after) => Stream.fromIterable(events.filter(({ id }) => id > after))
    }
  })

describe("logs --follow of a session that waits", () => {
  it.effect("names the command after what is replayed, and where nothing is", () =>
    Effect.gen(function*() {
      for (const { event, phase, says } of waits) {
        const waiting = session({ status: "waiting", phase, lastEventId: 3 })
        const replayed = yield* following(waiting, [output(1, "a"), event, output(3, "b")], waiting)
        assert.strictEqual(replayed.err.split(says).length, 2, "once")
        assert.include((yield* following(waiting, [], waiting, 3)).err, says)
      }
    }))

  it.effect("names it when the wait begins while one watches", () =>
    Effect.gen(function*() {
      for (const { event, phase, says } of waits) {
        const now = session({ status: "waiting", phase })
        assert.include((yield* following(session({ lastEventId: 1 }), [output(1, "a"), event], now)).err, says)
      }
    }))

  it.effect("says nothing of waits that are over", () =>
    Effect.gen(function*() {
      for (const { event } of waits) {
        const done = session({ status: "complete", phase: "ended", lastEventId: 3 })
        assert.strictEqual(
          (yield* following(done, [output(1, "a"), event, turnEnded(3, "complete", "x")], done)).err,
          ""
        )
        const working = session({ lastEventId: 1 })
        assert.strictEqual((yield* following(working, [output(1, "a"), event], working)).err, "")
      }
    }))
})
