/** A planner that asks, on the real actors. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import * as Database from "../../../src/services/store/Database.ts"
import { asksFirst } from "../../fakes/FakeModel.ts"
import { by, create, history, tags, untilFact, withServer, World } from "../../support/TestApp.ts"

const asks = (world: World) => {
  world.model.answer = asksFirst(["Which file?"])
}
const asked = Effect.fnUntraced(function*(world: World) {
  asks(world)
  const id = yield* create({})
  yield* untilFact(id, "QuestionsAsked")
  return id
})
const config = { questionTimeout: Duration.minutes(3) }

describe("a planner that asks", () => {
  it.effect("waits without a sandbox; the answer goes to planner and agent, and opens no turn", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const id = yield* asked(world)
        const sessions = yield* Sessions
        const session = yield* sessions.get(id)
        assert.deepStrictEqual([session.status, session.phase, session.questions], [
          "waiting",
          "questions",
          ["Which file?"]
        ])
        assert.strictEqual(world.engine.runs.size, 0)
        yield* sessions.message(id, "The public one", by)
        const events = yield* history(id)
        assert.strictEqual(events.at(-1)?.type, "done")
        assert.strictEqual(tags(events).filter((tag) => tag === "TurnStarted").length, 1)
        assert.include(world.model.asked[1]?.prompt ?? "", "The public one")
        assert.include(JSON.stringify(world.engine.specs[0]?.inputs), "The public one")
      })
    ))

  it.effect("goes on without an answer when the time is over", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const id = yield* asked(world)
        yield* Effect.fork(TestClock.adjust("5 minutes"))
        const events = yield* history(id)
        assert.include(tags(events), "QuestionsUnanswered")
        assert.strictEqual(events.at(-1)?.type, "done")
        assert.include(world.model.asked[1]?.prompt ?? "", "what is assumed")
      }), config))

  it.scoped("keeps its time over a restart", () =>
    Effect.gen(function*() {
      const world = new World()
      const database = yield* Layer.build(Database.layerMemory)
      const serve = <A, E>(test: Effect.Effect<A, E, Sessions>) =>
        Effect.provide(test, Layer.fresh(world.layer(Layer.succeedContext(database), config)))
      const id = yield* serve(asked(world))
      yield* TestClock.adjust("4 minutes")
      yield* serve(Effect.gen(function*() {
        assert.include(tags(yield* history(id)), "QuestionsUnanswered")
      }))
    }))

  it.effect("may not where nobody is there to answer: the model is asked for a plan", () =>
    withServer((world) =>
      Effect.gen(function*() {
        asks(world)
        const events = yield* history(yield* create({ noQuestions: true }))
        assert.notInclude(tags(events), "QuestionsAsked")
        assert.include(tags(events), "PlanSkipped")
      })
    ))
})
