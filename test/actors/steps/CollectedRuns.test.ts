/** The removal of a run whose work is collected: nobody waits for it but what it could take along. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { CollectedRuns } from "../../../src/actors/steps/CollectedRuns.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { approve, plan, requestChanges } from "../../fakes/FakeModel.ts"
import { by, create, history, untilFact, withServer, type World } from "../../support/TestApp.ts"
import { scriptChecks } from "./VerifyKit.ts"

const session = SessionId.make("0123456789ab")

/** The engine takes its time over the removal of the first run whose work was collected, and over no other. */
const holdFirstRemoval = ({ engine, remote }: World, may: Deferred.Deferred<void>) => {
  let isFirst = true
  engine.removal = Effect.suspend(() => {
    if (!isFirst || remote.imports.length === 0) return Effect.void
    isFirst = false
    return Deferred.await(may)
  })
}

/** Lets everything else come as far as it can. */
const stillness = Effect.repeatN(
  Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void))),
  1000
)

describe("the removal of runs that have ended", () => {
  it.scoped("goes on while its session does, and is waited for where it matters", () =>
    Effect.gen(function*() {
      const ended = yield* CollectedRuns
      const may = yield* Deferred.make<void>()
      yield* ended.remove(session, Deferred.await(may))
      const waiting = yield* Effect.fork(ended.settled(session))
      yield* ended.settled(SessionId.make("ba9876543210"))
      yield* Effect.yieldNow({ priority: 100 })
      assert.deepStrictEqual(yield* Fiber.poll(waiting), Option.none())
      yield* Deferred.succeed(may, undefined)
      yield* Fiber.join(waiting)
      yield* ended.settled(session)
    }).pipe(Effect.provide(CollectedRuns.layer)))

  it.scoped("that fails keeps nobody waiting", () =>
    Effect.gen(function*() {
      const ended = yield* CollectedRuns
      yield* ended.remove(session, Effect.fail({ message: "the engine is busy" }))
      yield* ended.settled(session)
      yield* ended.remove(session, Effect.die("a fault of ours"))
      yield* ended.settled(session)
    }).pipe(Effect.provide(CollectedRuns.layer)))

  it.effect("keeps no review waiting, but the end of the turn", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const may = yield* Deferred.make<void>()
        holdFirstRemoval(world, may)
        const id = yield* create({})
        yield* untilFact(id, "PullRequestOpened")
        const ending = yield* Effect.fork(history(id))
        yield* stillness
        assert.deepStrictEqual(yield* Fiber.poll(ending), Option.none())
        assert.deepStrictEqual(world.engine.removed, [])
        yield* Deferred.succeed(may, undefined)
        assert.strictEqual((yield* Fiber.join(ending)).at(-1)?.type, "done")
        assert.strictEqual(world.engine.removed.length, 1)
      })
    ))

  it.effect("comes before checks begin", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const may = yield* Deferred.make<void>()
        holdFirstRemoval(world, may)
        scriptChecks(world, () => ({}))
        const id = yield* create({})
        yield* untilFact(id, "GateHeld")
        yield* stillness
        assert.strictEqual(world.engine.started.length, 1)
        yield* Deferred.succeed(may, undefined)
        yield* history(id)
        assert.isAbove(world.engine.started.length, 1)
      })
    ))

  it.effect("comes before the next round begins", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const may = yield* Deferred.make<void>()
        holdFirstRemoval(world, may)
        world.model.answer = (purpose, n) =>
          Effect.succeed(purpose === "plan" ? plan("Fix it") : n === 1 ? requestChanges("one more") : approve)
        const id = yield* create({})
        yield* untilFact(id, "ReviewHeld")
        yield* stillness
        assert.strictEqual(world.engine.started.length, 1)
        yield* Deferred.succeed(may, undefined)
        yield* history(id)
        assert.strictEqual(world.engine.started.length, 2)
      })
    ))

  it.effect("keeps no turn from being stopped, also where the engine never answers", () =>
    withServer((world) =>
      Effect.gen(function*() {
        holdFirstRemoval(world, yield* Deferred.make<void>())
        // in its review, or where its run is removed
        world.model.answer = (purpose) => purpose === "plan" ? Effect.succeed(plan("Fix it")) : Effect.never
        const id = yield* create({})
        yield* untilFact(id, "ChangesCollected")
        yield* stillness
        const sessions = yield* Sessions
        const stopping = yield* Effect.fork(sessions.stop(id, by))
        yield* stillness
        yield* TestClock.adjust("10 minutes")
        yield* stillness
        const ended = yield* Effect.map(sessions.get(id), ({ status }) => status)
        assert.strictEqual(ended, "cancelled")
        yield* Fiber.interrupt(stopping)
      })
    ))
})
