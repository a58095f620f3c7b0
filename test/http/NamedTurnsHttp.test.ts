/** Requests that name the plan or the turn that a person saw. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  NothingToApprove,
  NothingToRetry,
  PlanReplaced,
  SessionEnded,
  TurnOver
} from "../../src/domain/SessionCommand.ts"
import { bodyOf, errorOf, id, post, serve, session } from "./TestServer.ts"

const path = `/api/sessions/${id}`
const first = { turn: 1, proposal: 1 }
const second = { turn: 1, proposal: 2 }
const replaced = (answered: typeof first) => new PlanReplaced({ sessionId: id, answered, waiting: second })

describe("approve and reject", () => {
  const answering = Effect.gen(function*() {
    const asked: Array<unknown> = []
    const answered = (answers: typeof first | undefined) =>
      Effect.gen(function*() {
        asked.push(answers)
        if (answers === undefined || answers.proposal === second.proposal) return session()
        if (answers.turn === 9) return yield* new NothingToApprove({ sessionId: id })
        return yield* replaced(answers)
      })
    const server = yield* serve({
      approve: (_, { answers }) => answered(answers),
      reject: (_, { answers }) => answered(answers)
    })
    return { asked, server }
  })

  for (const [route, body] of [["approve", {}], ["reject", { reason: "smaller" }]] as const) {
    it.scopedLive(`${route} passes the named plan on, and answers 409 where another one waits`, () =>
      Effect.gen(function*() {
        const { asked, server } = yield* answering
        assert.strictEqual((yield* post(server, `${path}/${route}`, { ...body, ...second })).status, 200)
        assert.strictEqual((yield* post(server, `${path}/${route}`, body)).status, 200)
        const error = errorOf(yield* post(server, `${path}/${route}`, { ...body, ...first }))
        assert.deepStrictEqual(error, {
          status: 409,
          code: "PlanReplaced",
          error: replaced(first).message,
          detail: { sessionId: id, answered: first, waiting: second }
        })
        const none = errorOf(yield* post(server, `${path}/${route}`, { ...body, turn: 9, proposal: 1 }))
        assert.deepInclude(none, { status: 409, code: "NothingToApprove" })
        assert.deepStrictEqual(asked, [second, undefined, first, { turn: 9, proposal: 1 }])
      }))

    it.scopedLive(`${route} with half a plan's name, or a wrong one, is 400 and asks nothing`, () =>
      Effect.gen(function*() {
        const { asked, server } = yield* answering
        for (const half of [{ turn: 1 }, { proposal: 2 }]) {
          assert.deepInclude(errorOf(yield* post(server, `${path}/${route}`, { ...body, ...half })), {
            status: 400,
            code: "InvalidRequest",
            error: "turn and proposal name a plan together: give both or none"
          })
        }
        for (const wrong of [{ turn: 0, proposal: 1 }, { turn: "1", proposal: 1 }, { turn: 1.5, proposal: 1 }]) {
          const error = errorOf(yield* post(server, `${path}/${route}`, { ...body, ...wrong }))
          assert.strictEqual(error.status, 400)
          assert.include(error.error, "\"turn\"")
        }
        assert.deepStrictEqual(asked, [])
      }))
  }
})

describe("retry", () => {
  it.scopedLive("answers the session, passes the named turn on, and is 409 where there is nothing to retry", () =>
    Effect.gen(function*() {
      const asked: Array<unknown> = []
      const server = yield* serve({
        retry: (sessionId, { by, turn }) =>
          Effect.suspend(() => {
            asked.push([by.name, turn])
            return turn === 1
              ? new NothingToRetry({ sessionId, reason: "it has moved on since turn 1" })
              : Effect.succeed(session({ status: "pending", phase: "queued", turn: 2 }))
          })
      })
      const bare = yield* post(server, `${path}/retry`)
      assert.strictEqual(bare.status, 200)
      assert.deepInclude(bodyOf(bare), { id, status: "pending" })
      assert.strictEqual((yield* post(server, `${path}/retry`, {})).status, 200)
      assert.strictEqual((yield* post(server, `${path}/retry`, { turn: 2 })).status, 200)
      assert.deepInclude(errorOf(yield* post(server, `${path}/retry`, { turn: 1 })), {
        status: 409,
        code: "NothingToRetry",
        error: `there is nothing to retry in session ${id}: it has moved on since turn 1`
      })
      assert.include(errorOf(yield* post(server, `${path}/retry`, { turn: 0 })).error, "\"turn\"")
      assert.strictEqual((yield* post(server, "/api/sessions/!/retry")).status, 404)
      assert.deepStrictEqual(asked, [["ci", undefined], ["ci", undefined], ["ci", 2], ["ci", 1]])
    }))
})

describe("stop", () => {
  it.scopedLive("passes the named turn on, and is 409 where the session has moved on", () =>
    Effect.gen(function*() {
      const asked: Array<unknown> = []
      const server = yield* serve({
        stop: (sessionId, _, turn) =>
          Effect.gen(function*() {
            asked.push(turn)
            if (turn === 1) return yield* new TurnOver({ sessionId, turn, current: 2 })
            if (turn === 3) return yield* new SessionEnded({ sessionId, end: "complete" })
            return session({ status: "cancelled", phase: "ended", turn: 2 })
          })
      })
      assert.deepInclude(bodyOf(yield* post(server, `${path}/stop`, { turn: 2 })), { id, status: "cancelled" })
      assert.strictEqual((yield* post(server, `${path}/stop`)).status, 200)
      assert.deepStrictEqual(errorOf(yield* post(server, `${path}/stop`, { turn: 1 })), {
        status: 409,
        code: "TurnOver",
        error: `turn 1 of session ${id} is over; the session has moved on to turn 2`,
        detail: { sessionId: id, turn: 1, current: 2 }
      })
      const ended = errorOf(yield* post(server, `${path}/stop`, { turn: 3 }))
      assert.deepInclude(ended, { status: 409, code: "SessionEnded" })
      assert.include(errorOf(yield* post(server, `${path}/stop`, { turn: 0 })).error, "\"turn\"")
      assert.deepStrictEqual(asked, [2, undefined, 1, 3])
    }))
})
