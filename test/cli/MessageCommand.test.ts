import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { whatNext } from "../../src/cli/MessageCommand.ts"
import { Place } from "../../src/cli/Program.ts"
import type { SessionEventView } from "../../src/domain/EventText.ts"
import { MessageDelivered, MessageReceived, TurnStarted } from "../../src/domain/SessionEvent.ts"
import { eventView, turnEnded } from "../support/Events.ts"
import { epoch, pullRequestUrl as url, runCli, session, type SessionsShape } from "./Harness.ts"

const message = (id: number, text: string) =>
  eventView(id, MessageReceived.make({ messageId: "m1", text, by: { name: "ada", via: "cli" } }))

const secondTurn = (id: number) => eventView(id, TurnStarted.make({ turn: 2, prompt: "x", deadline: epoch }))

describe("opentl message", () => {
  const messaging = (log: ReadonlyArray<SessionEventView>): Partial<SessionsShape> => ({
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
          message(11, "and the docs"),
          turnEnded(12, "complete", "first", 1),
          secondTurn(13),
          turnEnded(14, "complete", url, 2)
        ])
      })
      assert.strictEqual(code, 0)
      assert.match(out, /^m1\n/)
      assert.include(out, "first")
      assert.match(out, new RegExp(`\n${url}\n$`))
    }))

  it.effect("follows the turn that is on where its agent is given the message", () =>
    Effect.gen(function*() {
      const { out } = yield* runCli(["message", "0123", "use tabs", "--follow"], {
        sessions: messaging([
          message(11, "use tabs"),
          eventView(12, MessageDelivered.make({ turn: 1, round: 1, messageId: "another", text: "be quick" })),
          eventView(13, MessageDelivered.make({ turn: 1, round: 1, messageId: "m1", text: "use tabs" })),
          turnEnded(14, "complete", "first", 1),
          secondTurn(15),
          turnEnded(16, "complete", "second", 2)
        ])
      })
      assert.include(out, "the agent was given: use tabs")
      assert.match(out, /\nfirst\n$/)
    }))

  it.effect("that arrives as a turn begins is taken by the turn after it", () =>
    Effect.gen(function*() {
      const { out } = yield* runCli(["message", "0123", "x", "--follow"], {
        sessions: messaging([
          secondTurn(11),
          message(12, "x"),
          turnEnded(13, "complete", "second", 2),
          turnEnded(14, "complete", "third", 3)
        ])
      })
      assert.match(out, /\nthird\n$/)
    }))

  describe("says what becomes of the message", () => {
    const server = Place.Server({ url: "http://server.test" })
    const watch = "watch it with opentl logs 0123456789ab --follow"
    const plan = "turn 2 comes first, and its plan waits for approval: " +
      "opentl approve 0123456789ab | opentl reject 0123456789ab \"<why>\""

    it("on a server", () => {
      const says = (fields: Parameters<typeof session>[0]) => whatNext(session({ turn: 2, ...fields }), server)
      assert.strictEqual(
        says({ status: "running", phase: "reviewing" }),
        `queued: the session is in turn 2 (reviewing), and the next turn takes the message; ${watch}`
      )
      assert.strictEqual(
        says({ status: "running", phase: "coding", agent: "opentl" }),
        `queued: the agent is given it as soon as it pauses, in turn 2; if it does not, the next turn takes it; ${watch}`
      )
      assert.strictEqual(
        says({ status: "running", phase: "coding", agent: "command" }),
        `queued: the session is in turn 2 (coding), and the next turn takes the message; ${watch}`
      )
      assert.strictEqual(
        says({ status: "pending", phase: "queued" }),
        `queued: the next turn takes it; ${watch}`
      )
      assert.strictEqual(says({ status: "waiting", phase: "approval" }), `queued: ${plan}`)
      for (const status of ["complete", "error", "cancelled"] as const) {
        assert.strictEqual(says({ status, phase: "ended" }), `turn 3 starts with it; ${watch}`)
      }
    })

    it("where nobody works", () => {
      const embedded = Place.Embedded({ dataDir: "/data" })
      const says = (fields: Parameters<typeof session>[0]) => whatNext(session({ turn: 2, ...fields }), embedded)
      const then = "start opentl serve to continue it, or add --follow to do it here"
      assert.strictEqual(
        says({ status: "complete", phase: "ended" }),
        `recorded; nothing is working on the session now; ${then}`
      )
      assert.strictEqual(says({ status: "waiting", phase: "approval" }), `recorded; ${plan}; ${then}`)
    })
  })

  it.effect("and says it on standard error, beside the id", () =>
    Effect.map(runCli(["message", "0123", "and the docs"], { sessions: messaging([]) }), ({ err }) => {
      assert.match(
        err,
        /^queued: the agent is given it as soon as it pauses, in turn 1.*watch it with opentl logs \w+ --follow\n$/
      )
    }))
})
