/** `opentl answer`, and when a run lets the planner ask. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { runCli, session, sessionId } from "./Harness.ts"

const waiting = { find: () => Effect.succeed(session({ status: "waiting", phase: "questions" })) }

describe("opentl answer", () => {
  it.effect("sends the answer", () =>
    Effect.gen(function*() {
      const sent: Array<unknown> = []
      const { code, out } = yield* runCli(["answer", "0123", "The public one"], {
        sessions: {
          ...waiting,
          message: (id, text, by) => {
            sent.push([id, text, by.name])
            return Effect.succeed({ messageId: "m" })
          }
        }
      })
      assert.deepStrictEqual([code, out], [0, `answered ${sessionId}\n`])
      assert.deepStrictEqual(sent, [[sessionId, "The public one", "ada"]])
    }))

  it.effect("says with --json which message it is, and what the session does with it", () =>
    Effect.gen(function*() {
      const { code, out } = yield* runCli(["answer", "0123", "x", "--json"], {
        sessions: {
          ...waiting,
          message: () => Effect.succeed({ messageId: "m-7" }),
          get: () => Effect.succeed(session({ status: "running", phase: "planning" }))
        }
      })
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(JSON.parse(out), {
        id: sessionId,
        status: "running",
        phase: "planning",
        message_id: "m-7"
      })
    }))

  it.effect("of a session that asks nothing sends nothing", () =>
    Effect.gen(function*() {
      const { code, err } = yield* runCli(["answer", "0123", "x"], {
        sessions: { find: () => Effect.succeed(session({ status: "running", phase: "coding" })) }
      })
      assert.strictEqual(code, 1, "the command is right, and the session is not")
      assert.include(err, "asks nothing now")
    }))
})
