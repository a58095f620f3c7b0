/** A stop whose clean-up fails: it returns all the same, and nothing is left behind. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { layerRecording } from "../../../src/App.ts"
import { Agent } from "../../../src/domain/Agent.ts"
import * as Database from "../../../src/services/store/Database.ts"
import * as FakeForge from "../../fakes/FakeForge.ts"
import * as FakeGateway from "../../fakes/FakeGateway.ts"
import * as FakeModel from "../../fakes/FakeModel.ts"
import * as FakeSandbox from "../../fakes/FakeSandbox.ts"
import * as FakeScanner from "../../fakes/FakeScanner.ts"
import { by, create, createWorking, ticking, withServer, World } from "../../support/TestApp.ts"
import { layerConfig } from "../../support/TestConfig.ts"

/** A process that only records, on a world and a database of its own. */
const recording = (world: World) =>
  Layer.fresh(
    layerRecording.pipe(
      Layer.provide(NodeContext.layer),
      Layer.provide(FakeSandbox.layer(world.engine)),
      Layer.provide(FakeForge.layer(world.remote)),
      Layer.provide(FakeModel.layer(world.model)),
      Layer.provide(FakeScanner.layer(world.scanner)),
      Layer.provide(FakeGateway.layer(world.gateway)),
      Layer.provideMerge(Database.layerMemory),
      Layer.provideMerge(layerConfig())
    )
  )

describe("a stop whose clean-up dies of a defect", () => {
  it.effect("cancels the session; its sandbox is removed by the next sweep", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const sessions = yield* Sessions
        const id = yield* createWorking(world)
        world.engine.removal = Effect.dieMessage("a bug")
        const session = yield* ticking(sessions.stop(id, by))
        assert.strictEqual(session.status, "cancelled")
        assert.strictEqual(world.engine.runs.size, 1)
        world.engine.removal = Effect.void
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(world.engine.runs.size, 0)
      })
    ))

  it.effect("cancels the session in a process that only records, too", () =>
    Effect.suspend(() => {
      const world = new World()
      return Effect.gen(function*() {
        const sessions = yield* Sessions
        const id = yield* create()
        world.engine.removal = Effect.dieMessage("a bug")
        assert.strictEqual((yield* ticking(sessions.stop(id, by))).status, "cancelled")
      }).pipe(Effect.provide(recording(world)))
    }))
})

describe("a stop that is recorded, and then the session has no actor any more", () => {
  it.effect("is told so instead of waiting for ever", () =>
    Effect.suspend(() => {
      const world = new World()
      return Effect.gen(function*() {
        const sessions = yield* Sessions
        const sql = yield* SqlClient.SqlClient
        const id = yield* create()
        // another owner claims it while it is cleaned up
        world.engine.removal = Effect.orDie(Effect.asVoid(sql`UPDATE sessions SET generation = generation + 1`))
        const error = yield* Effect.flip(ticking(sessions.stop(id, by)))
        assert.strictEqual(error._tag, "SessionUnavailable")
      }).pipe(Effect.provide(recording(world)))
    }))
})

const hosted = Option.some(Agent.Acp({ line: "my-agent --acp" }))

describe("the agent of a session that is stopped", () => {
  it.effect("is asked before its sandbox is removed", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const sessions = yield* Sessions
        const id = yield* createWorking(world)
        yield* ticking(sessions.stop(id, by))
        assert.deepStrictEqual(world.engine.stopped, [`opentl-${id}-1-1`])
      }), { agent: hosted }))

  it.effect("does not hold the session up where nobody says that it has stopped", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const sessions = yield* Sessions
        const id = yield* createWorking(world)
        world.engine.stop = () => Effect.never
        const { status } = yield* Effect.raceFirst(
          sessions.stop(id, by),
          Effect.forever(TestClock.adjust("1 second"))
        )
        assert.strictEqual(status, "cancelled")
        assert.strictEqual(world.engine.runs.size, 0)
      }), { agent: hosted }))

  it.effect("is just ended where it is a command", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const sessions = yield* Sessions
        yield* ticking(sessions.stop(yield* createWorking(world), by))
        assert.deepStrictEqual(world.engine.stopped, [])
      })
    ))
})
