/** An agent that prints nothing any more (OPENTL_STALL_TIMEOUT). */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { Agent } from "../../../src/domain/Agent.ts"
import { create, createWorking, endings, history, untilFact, withServer, type World } from "../../support/TestApp.ts"

const config = {
  agent: Option.some(Agent.Acp({ line: "my-agent --acp" })),
  stallTimeout: Option.some(Duration.minutes(2)),
  sessionTimeout: Duration.hours(2)
}

/** A session whose agent has begun its work, and its run. */
const atWork = Effect.fnUntraced(function*(world: World) {
  world.engine.script = () => ({ lines: ["###OPENTL_STATUS### Running agent (acp)"] })
  const id = yield* create()
  yield* untilFact(id, "StatusReported")
  return { id, run: runOf(world) }
})

const runOf = (world: World) => {
  const [run] = world.engine.runs.values()
  assert.isDefined(run)
  return run
}

describe("an agent that falls silent", () => {
  it.effect("is asked to end, and its turn ends with a sentence that names the limit", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const { id } = yield* atWork(world)
        yield* TestClock.adjust("119 seconds")
        assert.deepStrictEqual(world.engine.stopped, [])
        yield* TestClock.adjust("2 seconds")
        const events = yield* history(id)
        assert.strictEqual(world.engine.stopped.length, 1)
        assert.strictEqual(
          events.at(-1)?.data,
          "the agent printed nothing for 2 min and was ended (OPENTL_STALL_TIMEOUT)"
        )
        assert.deepStrictEqual(endings(events), ["error"])
      }), config))

  it.effect("is left alone as long as it prints now and then", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const { id, run } = yield* atWork(world)
        yield* Effect.forEach(
          [1, 2, 3],
          (number) => Effect.zipRight(TestClock.adjust("100 seconds"), world.engine.print(run, `line ${number}`))
        )
        yield* world.engine.finish(run, 0)
        assert.deepStrictEqual(endings(yield* history(id)), ["complete"])
      }), config))

  it.effect("is not one that still installs: that has a limit of its own", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const id = yield* createWorking(world)
        yield* TestClock.adjust("11 minutes")
        assert.deepStrictEqual(world.engine.stopped, [])
        yield* world.engine.finish(runOf(world), 0)
        assert.deepStrictEqual(endings(yield* history(id)), ["complete"])
      }), config))

  it.effect("and comes to its end just then has done its work", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.engine.stop = (run) => Effect.asVoid(world.engine.finish(run, 0))
        const { id } = yield* atWork(world)
        const following = yield* Effect.fork(history(id))
        yield* TestClock.adjust("3 minutes")
        const events = yield* Fiber.join(following)
        assert.deepStrictEqual(endings(events), ["complete"])
        assert.notInclude(events.map(({ data }) => data).join(), "printed nothing")
      }), config))
})
