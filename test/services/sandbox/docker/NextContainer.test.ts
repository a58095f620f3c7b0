/** A container that waits for the next run of a session, whichever that is. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { runName } from "../../../../src/services/sandbox/Sandbox.ts"
import { itDocker } from "../../../support/Docker.ts"
import { makeSession } from "../SandboxSession.ts"
import { containers, makeSubject, waiting } from "./PreparedKit.ts"

describe("a prepared container", () => {
  itDocker(
    "is for whichever run comes next: it stays where that is to come, and is not made twice",
    () =>
      Effect.gen(function*() {
        const { gatewayDirectory, outputOf, round, runAgent, sandbox, session, specOf } = yield* makeSession(
          yield* makeSubject
        )
        yield* runAgent(1, "echo kept > kept.txt")
        yield* sandbox.prepare(round(2), { gatewayDirectory })
        const id = yield* waiting(session, `${runName(round(2))}-next`)
        const next = { ...round(1), turn: 2 }
        yield* sandbox.removeRuns(session, next)
        yield* sandbox.prepare(next, { gatewayDirectory })
        assert.strictEqual(yield* waiting(session, `${runName(round(2))}-next`), id)
        yield* sandbox.start(specOf(next, "cat kept.txt"))
        assert.include(yield* outputOf(next), "kept\n")
        const all = yield* containers(session)
        assert.deepStrictEqual([...all].map(([name, found]) => [name, found.id]), [[runName(next), id]])
      })
  )

  itDocker("can be given up, whether it waits already or not, and touches no run", () =>
    Effect.gen(function*() {
      const { gatewayDirectory, outputOf, round, runAgent, sandbox, session, specOf } = yield* makeSession(
        yield* makeSubject
      )
      const giveUp = sandbox.giveUpPrepared?.(session) ?? Effect.dieMessage("it cannot be given up")
      yield* runAgent(1, "echo kept > kept.txt")
      yield* giveUp
      for (const isWaiting of [false, true]) {
        yield* sandbox.prepare(round(2), { gatewayDirectory })
        if (isWaiting) yield* waiting(session, `${runName(round(2))}-next`)
        yield* giveUp
        assert.deepStrictEqual([...(yield* containers(session)).keys()], [runName(round(1))])
      }
      yield* sandbox.start(specOf(round(2), "cat kept.txt"))
      assert.include(yield* outputOf(round(2)), "kept\n")
    }))
})
