import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { whatNext } from "../../src/cli/MessageCommand.ts"
import { Place } from "../../src/cli/Program.ts"
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
      assert.deepStrictEqual({ code: ended.code, out: ended.out }, { code: 0, out: "m1\n" })
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

  describe("says what becomes of the message", () => {
    const server = Place.Server({ url: "http://server.test" })
    const watch = "opentl logs 0123456789ab --follow shows how it goes"
    const plan = "turn 2 comes first, and its plan waits for approval: " +
      "opentl approve 0123456789ab | opentl reject 0123456789ab \"<why>\""

    it("on a server", () => {
      const says = (fields: Parameters<typeof session>[0]) => whatNext(session({ turn: 2, ...fields }), server)
      assert.strictEqual(
        says({ status: "running", phase: "reviewing" }),
        `queued: the session is at turn 2 (reviewing), and the next one begins with the message; ${watch}`
      )
      assert.strictEqual(
        says({ status: "pending", phase: "queued" }),
        `queued: the turn that begins next takes it; ${watch}`
      )
      assert.strictEqual(says({ status: "waiting", phase: "approval" }), `queued: ${plan}`)
      for (const status of ["complete", "error", "cancelled"] as const) {
        assert.strictEqual(says({ status, phase: "ended" }), `turn 3 begins with it; ${watch}`)
      }
    })

    it("where nobody works", () => {
      const embedded = Place.Embedded({ dataDir: "/data" })
      const says = (fields: Parameters<typeof session>[0]) => whatNext(session({ turn: 2, ...fields }), embedded)
      const then = "opentl serve goes on with it, --follow does it here"
      assert.strictEqual(
        says({ status: "complete", phase: "ended" }),
        `recorded; nobody works on the session now; ${then}`
      )
      assert.strictEqual(says({ status: "waiting", phase: "approval" }), `recorded; ${plan}; ${then}`)
    })
  })

  it.effect("and says it on standard error, beside the id", () =>
    Effect.map(runCli(["message", "0123", "and the docs"], { sessions: messaging([]) }), ({ err }) => {
      assert.match(err, /^queued: the session is at turn 1 \(coding\).*--follow shows how it goes\n$/)
    }))
})
