import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { SessionNotFound } from "../../src/domain/Session.ts"
import { ApprovalRequested, PlanApproved, PlanProduced } from "../../src/domain/SessionEvent.ts"
import { eventView, turnEnded } from "../support/Events.ts"
import { alone, pullRequestUrl as url, runCli, session, sessionId, type SessionsShape } from "./Harness.ts"

describe("a plan that waits", () => {
  const planned = [
    eventView(1, PlanProduced.make({ turn: 1, plan: { title: "Fix it", markdown: "1. do" } })),
    eventView(2, ApprovalRequested.make({ turn: 1, remainingMillis: 1000 }))
  ]

  /** The session goes on when it is answered. */
  const waiting = Effect.gen(function*() {
    const answered = yield* Deferred.make<ReadonlyArray<unknown>>()
    const note = (...call: ReadonlyArray<unknown>) => Effect.as(Deferred.succeed(answered, call), session())
    const sessions: Partial<SessionsShape> = {
      create: () => Effect.succeed({ session: session({ turn: 0 }), replayed: false }),
      get: () => Effect.succeed(session({ plan: "1. do" })),
      approve: (_, { plan }) => note("approve", plan),
      reject: (_, { reason }) => note("reject", reason),
      events: () =>
        Stream.concat(
          Stream.fromIterable(planned),
          Stream.fromEffect(Deferred.await(answered)).pipe(Stream.map(() => turnEnded(3, "complete", url)))
        )
    }
    return { answered: Deferred.await(answered), sessions }
  })
  const run = ["run", "x", "--repo", "acme/widgets", "--approve-plan"]

  it.effect("is approved at the terminal", () =>
    Effect.gen(function*() {
      const { answered, sessions } = yield* waiting
      const { code, err, out } = yield* runCli(run, { sessions, tty: true, stdin: "what\na\n" })
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(yield* answered, ["approve", undefined])
      assert.strictEqual(err.split("Approve this plan?").length, 3)
      assert.match(out, new RegExp(`${url}\n$`))
    }))

  it.effect("is named by the answer, so that no other one is meant", () =>
    Effect.gen(function*() {
      const { sessions } = yield* waiting
      const named = yield* Deferred.make<unknown>()
      yield* runCli(run, {
        sessions: {
          ...sessions,
          get: () => Effect.succeed(session({ plan: "1. do", turn: 2, proposal: 3 })),
          approve: (id, approval) =>
            Effect.zipRight(Deferred.succeed(named, approval.answers), sessions.approve?.(id, approval) ?? Effect.never)
        },
        tty: true,
        stdin: "a\n"
      })
      assert.deepStrictEqual(yield* Deferred.await(named), { turn: 2, proposal: 3 })
    }))

  it.effect("is rejected with a reason", () =>
    Effect.gen(function*() {
      const { answered, sessions } = yield* waiting
      const { code } = yield* runCli(run, { sessions, tty: true, stdin: "reject\ntoo risky\n" })
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(yield* answered, ["reject", "too risky"])
    }))

  it.effect("is edited in the person's own editor", () =>
    Effect.gen(function*() {
      const { answered, sessions } = yield* waiting
      const environment = { EDITOR: "sed -i s/do/undo/" }
      const { code, err } = yield* runCli(run, { sessions, tty: true, stdin: "e\n", environment })
      assert.strictEqual(code, 0, err)
      assert.deepStrictEqual(yield* answered, ["approve", "1. undo"])
    }))

  it.effect("is left as it is by an editor that changes nothing, and asked about again", () =>
    Effect.gen(function*() {
      const { sessions } = yield* waiting
      const { code, err } = yield* runCli(run, { sessions, tty: true, stdin: "e\n", environment: { EDITOR: "true" } })
      assert.include(err, "the plan was not changed\n")
      assert.strictEqual(err.split("Approve this plan?").length, 3)
      // the second question met the end of standard input
      assert.strictEqual(code, 130)
    }))

  it.effect("ends the command where the question cannot be asked", () =>
    Effect.gen(function*() {
      const { sessions } = yield* waiting
      const { code, err } = yield* runCli(run, {
        sessions: { ...sessions, get: () => new SessionNotFound({ id: sessionId }) },
        tty: true,
        stdin: "a\n"
      })
      assert.notStrictEqual(code, 0)
      assert.include(err, sessionId)
    }))

  it.effect("is waited for where nobody sits at a terminal", () =>
    Effect.gen(function*() {
      const { sessions } = yield* waiting
      const events = () =>
        Stream.fromIterable([
          ...planned,
          eventView(3, PlanApproved.make({ turn: 1, by: { name: "bob", via: "slack" } })),
          turnEnded(4, "complete", url)
        ])
      const { code, err } = yield* runCli(run, { sessions: { ...sessions, events } })
      assert.strictEqual(code, 0)
      assert.include(err, `opentl approve ${sessionId}`)
    }))

  it.effect("is not waited for in this process, where nobody could answer", () =>
    Effect.gen(function*() {
      const { sessions } = yield* waiting
      const { code, err } = yield* runCli(run, { sessions, environment: alone })
      assert.strictEqual(code, 1)
      assert.include(err, `opentl approve ${sessionId} --follow`)
    }))
})
