/** A container that waits for a later run of a session, for minutes perhaps. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { runName } from "../../../../src/services/sandbox/Sandbox.ts"
import { itDocker } from "../../../support/Docker.ts"
import { makeSession } from "../SandboxSession.ts"
import { containers, makeSubject, makeSubjectOn, renamingImages, waiting } from "./PreparedKit.ts"

describe("a prepared container", () => {
  itDocker(
    "is for one run: it stays where that is to come, and is not made twice; for another one it goes",
    () =>
      Effect.gen(function*() {
        const { gatewayDirectory, outputOf, round, runAgent, sandbox, session, specOf } = yield* makeSession(
          yield* makeSubject
        )
        yield* runAgent(1, "echo kept > kept.txt")
        const next = { ...round(1), turn: 2 }
        yield* sandbox.prepare(round(2), { gatewayDirectory })
        yield* waiting(session, `${runName(round(2))}-next`)
        yield* sandbox.removeRuns(session, next)
        assert.deepStrictEqual([...(yield* containers(session)).keys()], [])
        yield* sandbox.prepare(next, { gatewayDirectory })
        const id = yield* waiting(session, `${runName(next)}-next`)
        yield* sandbox.removeRuns(session, next)
        yield* sandbox.prepare(next, { gatewayDirectory })
        assert.strictEqual(yield* waiting(session, `${runName(next)}-next`), id)
        yield* sandbox.start(specOf(next, "cat kept.txt"))
        assert.include(yield* outputOf(next), "kept\n")
        const all = yield* containers(session)
        assert.deepStrictEqual([...all].map(([name, found]) => [name, found.id]), [[runName(next), id]])
      })
  )

  itDocker("is not used when the image was built anew meanwhile", () =>
    Effect.gen(function*() {
      const suffix = yield* Ref.make("")
      const { gatewayDirectory, outputOf, round, runAgent, sandbox, session, specOf } = yield* makeSession(
        yield* makeSubjectOn(renamingImages(suffix))
      )
      yield* runAgent(1, "echo kept > kept.txt")
      yield* sandbox.prepare(round(2), { gatewayDirectory })
      const id = yield* waiting(session, `${runName(round(2))}-next`)
      yield* Ref.set(suffix, "-other")
      yield* sandbox.start(specOf(round(2), "cat kept.txt"))
      assert.include(yield* outputOf(round(2)), "kept\n")
      const found = (yield* containers(session)).get(runName(round(2)))
      assert.notStrictEqual(found?.id, id)
    }))

  itDocker(
    "that another process removed with the workspace does not pretend that there is one",
    () =>
      Effect.gen(function*() {
        const subject = yield* makeSubject
        const { gatewayDirectory, round, runAgent, sandbox, session } = yield* makeSession(subject)
        yield* runAgent(1, "echo kept > kept.txt")
        yield* sandbox.removeRuns(session)
        yield* sandbox.prepare(round(2), { gatewayDirectory })
        yield* waiting(session, `${runName(round(2))}-next`)
        assert.isTrue(yield* sandbox.hasRepository(session))
        yield* Effect.scoped(Effect.flatMap(subject.open, (other) => other.removeWorkspace(session)))
        assert.isFalse(yield* sandbox.hasRepository(session))
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
