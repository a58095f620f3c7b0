/** What is added to a budget over HTTP. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { NoBudget, SessionEnded } from "../../src/domain/SessionCommand.ts"
import { bodyOf, errorOf, id, post, serve, session } from "./TestServer.ts"

const path = `/api/sessions/${id}/budget`

describe("POST /api/sessions/{id}/budget", () => {
  it.scopedLive("adds, and answers with the session", () =>
    Effect.gen(function*() {
      const added: Array<number> = []
      const server = yield* serve({
        addBudget: (_, { addUsd }) => {
          added.push(addUsd)
          return Effect.succeed(session())
        }
      })
      for (const add_usd of [0.01, 5, 10_000]) {
        const response = yield* post(server, path, { add_usd })
        assert.strictEqual(response.status, 200)
        assert.propertyVal(bodyOf(response), "id", id)
      }
      assert.deepStrictEqual(added, [0.01, 5, 10_000])
    }))

  it.scopedLive("with a wrong amount is 400, and adds nothing", () =>
    Effect.gen(function*() {
      const server = yield* serve({ addBudget: () => Effect.die("not to be asked") })
      for (const body of [{}, ...[0, -1, 0.009, 10_001, "5", null].map((add_usd) => ({ add_usd }))]) {
        const error = errorOf(yield* post(server, path, body))
        assert.deepInclude(error, { status: 400, code: "InvalidRequest" }, JSON.stringify(body))
        assert.include(error.error, "add_usd")
      }
    }))

  for (
    const refusal of [
      new NoBudget({ sessionId: id }),
      new SessionEnded({ sessionId: id, end: "complete" })
    ]
  ) {
    it.scopedLive(`is 409 with ${refusal._tag}`, () =>
      Effect.gen(function*() {
        const server = yield* serve({ addBudget: () => refusal })
        const error = errorOf(yield* post(server, path, { add_usd: 5 }))
        assert.deepInclude(error, { status: 409, code: refusal._tag, error: refusal.message })
      }))
  }
})
