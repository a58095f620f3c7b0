/** A session's next run finds a sandbox: a revision after a review that took its time, and a turn after a rest. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import type { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import type { SessionId } from "../../../src/domain/Ids.ts"
import * as Database from "../../../src/services/store/Database.ts"
import { approve, plan, requestChanges } from "../../fakes/FakeModel.ts"
import { create, history, untilFact, World } from "../../support/TestApp.ts"

const onServer = <A, E>(
  warmSandboxes: number,
  test: (world: World) => Effect.Effect<A, E, Sessions | Scope.Scope>
) =>
  Effect.suspend(() => {
    const world = new World()
    return Effect.scoped(test(world)).pipe(
      Effect.provide(Layer.fresh(world.serving(Database.layerMemory, { warmSandboxes })))
    )
  })

/** The runs of a session, after the first, for which a sandbox was to be prepared, by turn and round. */
const preparedFor = ({ engine }: World, id: SessionId) =>
  engine.prepared.flatMap((line) => {
    const [run = ""] = line.split(" ")
    return run.startsWith(`opentl-${id}-`) && !run.endsWith("-1-1") ? [run.slice(-3)] : []
  })

describe("the next run of a session", () => {
  it.effect("has a sandbox prepared while a review takes its time", () =>
    onServer(1, (world) =>
      Effect.gen(function*() {
        world.model.answer = (purpose, n) =>
          purpose === "plan"
            ? Effect.succeed(plan("Fix it"))
            : Effect.delay(
              Effect.succeed(n === 1 ? requestChanges("no") : approve),
              n === 1 ? "2 seconds" : "3 seconds"
            )
        const id = yield* create()
        yield* history(id)
        assert.deepStrictEqual(preparedFor(world, id), ["1-2", "1-3"])
      })))

  it.effect("has none prepared by a review that is soon over, but when all is quiet after the turn", () =>
    onServer(1, (world) =>
      Effect.gen(function*() {
        const id = yield* create()
        yield* history(id)
        assert.deepStrictEqual(preparedFor(world, id), [])
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(preparedFor(world, id), ["2-1"])
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual(world.engine.givenUp, [id])
      })))

  it.effect("has none where the turn failed, where a person is asked first, and where none are wanted", () =>
    Effect.gen(function*() {
      yield* onServer(1, (world) =>
        Effect.gen(function*() {
          world.engine.script = () => ({ exitCode: 3 })
          const failed = yield* create()
          yield* history(failed)
          const planned = yield* create({ planOnly: true })
          yield* history(planned)
          yield* TestClock.adjust("1 minute")
          assert.deepStrictEqual(preparedFor(world, failed), [])
          assert.deepStrictEqual(preparedFor(world, planned), [])
        }))
      yield* onServer(0, (world) =>
        Effect.gen(function*() {
          world.model.answer = (purpose) =>
            purpose === "plan" ? Effect.succeed(plan("Fix it")) : Effect.delay(Effect.succeed(approve), "5 seconds")
          const id = yield* create()
          yield* history(id)
          yield* TestClock.adjust("1 minute")
          assert.deepStrictEqual(preparedFor(world, id), [])
        }))
    }))

  it.effect("has none left where the review came to a pause for a person while it was prepared", () =>
    onServer(1, (world) =>
      Effect.gen(function*() {
        world.gateway.callsAtWork = [{
          model: "gpt-5",
          usage: { inputTokens: 100, outputTokens: 10, costUsd: 2 },
          estimated: false
        }]
        const id = yield* create({ budgetUsd: 1 })
        yield* untilFact(id, "ChangesCollected")
        world.engine.removal = Effect.sleep("2 seconds")
        yield* untilFact(id, "BudgetReached")
        assert.deepStrictEqual(preparedFor(world, id), ["1-2"])
        yield* TestClock.adjust("1 minute")
        assert.isFalse(world.engine.waiting.has(id))
      })))
})
