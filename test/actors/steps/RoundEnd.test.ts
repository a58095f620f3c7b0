/** What happens between the last line of an agent and the end of its round in the log. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { Agent } from "../../../src/domain/Agent.ts"
import { by, create, endings, history, tags, ticking, withServer, type World } from "../../support/TestApp.ts"

const agent = Option.some(Agent.Acp({ line: "my-agent --acp" }))

/** What there was while a run's end was being settled, once nothing else had anything left to do. */
const whileSettling = <A>(world: World, look: () => A) => {
  const seen: Array<A> = []
  world.engine.settling = Effect.zipRight(Effect.yieldNow({ priority: 100 }), Effect.sync(() => void seen.push(look())))
  return seen
}

describe("the end of a round", () => {
  it.effect("is settled while its result is read, where that lies within reach", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.engine.isInPlace = true
        const begun = whileSettling(world, () => [world.remote.begun.length, world.remote.imports.length])
        const id = yield* create({})
        assert.strictEqual((yield* history(id)).at(-1)?.type, "done")
        assert.deepStrictEqual(begun, [[1, 0]])
        assert.deepStrictEqual(world.remote.begun, [`bundle-of-opentl-${id}-1-1`])
        assert.deepStrictEqual(world.remote.imports, world.remote.begun)
      })
    ))

  it.effect("comes before its result is read anywhere else", () =>
    withServer((world) =>
      Effect.gen(function*() {
        yield* history(yield* create({}))
        assert.deepStrictEqual(world.remote.begun, [])
        assert.strictEqual(world.remote.imports.length, 1)
      })
    ))

  it.effect("has every call of the model before it, and the agent's way out is closed meanwhile", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const open = whileSettling(world, () => world.gateway.open)
        world.gateway.callsAtWork = [{
          model: "gpt-5",
          usage: { inputTokens: 1, outputTokens: 1, costUsd: 1 },
          estimated: false
        }]
        const found = tags(yield* history(yield* create({})))
        assert.deepStrictEqual(open, [0])
        assert.include(found.slice(found.indexOf("RoundStarted"), found.indexOf("AgentFinished")), "UsageRecorded")
      }), { agent }))

  it.effect("keeps what is known of a call that failed while it is settled: a server may be killed meanwhile", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const open = whileSettling(world, () => world.gateway.open)
        world.gateway.lastFailure = "bad request (status 400)"
        const events = yield* history(yield* create({}))
        assert.strictEqual(open[0], 1)
        assert.strictEqual(world.gateway.open, 0)
        assert.include(events.at(-1)?.data, "bad request")
      }), { agent }))

  it.effect("closes the agent's way out to its end, also where the turn is stopped meanwhile", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const [closing, may] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        world.gateway.closing = Effect.zipRight(Deferred.succeed(closing, undefined), Deferred.await(may))
        world.gateway.callsAtWork = [{
          model: "gpt-5",
          usage: { inputTokens: 1, outputTokens: 1, costUsd: 1 },
          estimated: false
        }]
        const id = yield* create({})
        yield* ticking(Deferred.await(closing))
        const sessions = yield* Sessions
        const stopping = yield* Effect.fork(ticking(sessions.stop(id, by)))
        yield* Effect.repeatN(Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void))), 50)
        yield* Deferred.succeed(may, undefined)
        yield* Fiber.join(stopping)
        const events = yield* history(id)
        assert.deepStrictEqual(endings(events), ["cancelled"])
        assert.strictEqual(world.gateway.open, 0, "gateways that are still open")
        assert.include(tags(events), "UsageRecorded")
      }), { agent }))

  it.effect("closes the agent's way out to its end, also where the run's end cannot be settled", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const closing = yield* Deferred.make<void>()
        world.gateway.closing = Effect.zipRight(
          Deferred.succeed(closing, undefined),
          Effect.repeatN(Effect.yieldNow(), 20)
        )
        world.engine.settling = Effect.zipRight(Deferred.await(closing), Effect.die("the engine is gone"))
        yield* history(yield* create({}))
        assert.strictEqual(world.gateway.open, 0, "gateways that are still open")
      }), { agent }))
})
