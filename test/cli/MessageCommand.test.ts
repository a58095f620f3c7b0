import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { event, pullRequestUrl as url, runCli, session, type SessionsShape, turnEnded } from "./Harness.ts"

describe("opentl message", () => {
  const messaging = (log: ReadonlyArray<ReturnType<typeof event>>): Partial<SessionsShape> => ({
    find: () => Effect.succeed(session({ turn: 1, lastEventId: 10 })),
    message: () => Effect.succeed({ messageId: "m1" }),
    events: (_, after) => {
      assert.strictEqual(after, 10)
      return Stream.fromIterable(log)
    }
  })

  it.effect("prints the message's id and returns", () =>
    Effect.map(runCli(["message", "0123", "and the docs"], { sessions: messaging([]) }), (ended) => {
      assert.deepStrictEqual(ended, { code: 0, out: "m1\n", err: "" })
    }))

  it.effect("prints it as JSON, too", () =>
    Effect.map(runCli(["message", "0123", "and the docs", "--json"], { sessions: messaging([]) }), ({ out }) => {
      assert.deepStrictEqual(JSON.parse(out), { message_id: "m1" })
    }))

  it.effect("follows the turn that takes the message, not the one that is on", () =>
    Effect.gen(function*() {
      const { code, out } = yield* runCli(["message", "0123", "and the docs", "--follow"], {
        sessions: messaging([
          event(11, "message", "and the docs", { message_id: "m1" }),
          turnEnded(12, "complete", "first", 1),
          event(13, "status", "turn 2 started", { turn: 2 }),
          turnEnded(14, "complete", url, 2)
        ])
      })
      assert.strictEqual(code, 0)
      assert.match(out, /^m1\n/)
      assert.include(out, "first")
      assert.match(out, new RegExp(`\n${url}\n$`))
    }))

  it.effect("that arrives as a turn begins is taken by the turn after it", () =>
    Effect.gen(function*() {
      const { out } = yield* runCli(["message", "0123", "x", "--follow"], {
        sessions: messaging([
          event(11, "status", "turn 2 started", { turn: 2 }),
          event(12, "message", "x", { message_id: "m1" }),
          turnEnded(13, "complete", "second", 2),
          turnEnded(14, "complete", "third", 3)
        ])
      })
      assert.match(out, /\nthird\n$/)
    }))
})
