/** The two layers of sessions: one works on them, the other one only records. */
import type * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { Sessions } from "../src/actors/sessions/Sessions.ts"
import * as Database from "../src/services/store/Database.ts"
import { by, create, endings, history, tags, ticking, World } from "./support/TestApp.ts"

/** Runs an effect in a process that only records, on a database that stays. */
const recording = <A, E>(
  world: World,
  database: Context.Context<SqlClient.SqlClient>,
  effect: Effect.Effect<A, E, Sessions>
) => effect.pipe(Effect.provide(Layer.fresh(world.recording(Layer.succeedContext(database)))))

describe("layerRecording", () => {
  it.scoped("takes a task and a message, and nobody works on them", () =>
    Effect.gen(function*() {
      const world = new World()
      const database = yield* Layer.build(Database.layerMemory)
      const before = yield* recording(
        world,
        database,
        Effect.gen(function*() {
          const sessions = yield* Sessions
          const id = yield* create()
          yield* sessions.message(id, "Add a test, too", by)
          // longer than the time limit of a turn
          yield* TestClock.adjust("2 hours")
          return yield* sessions.get(id)
        })
      )
      assert.strictEqual(before.status, "pending")
      assert.deepStrictEqual([world.engine.started, world.model.asked], [[], []])
    }))

  it.scoped("stops a session at once", () =>
    Effect.gen(function*() {
      const world = new World()
      const database = yield* Layer.build(Database.layerMemory)
      const { events, session } = yield* recording(
        world,
        database,
        Effect.gen(function*() {
          const sessions = yield* Sessions
          const id = yield* create()
          yield* ticking(sessions.stop(id, by))
          return { session: yield* sessions.get(id), events: yield* history(id) }
        })
      )
      assert.strictEqual(session.status, "cancelled")
      assert.deepStrictEqual(endings(events), ["cancelled"])
      assert.deepStrictEqual([world.engine.started, world.model.asked], [[], []])
    }))
})

describe("layerWorking", () => {
  it.scoped("works on what another process recorded, and on nothing that was stopped there", () =>
    Effect.gen(function*() {
      const world = new World()
      const database = yield* Layer.build(Database.layerMemory)
      const { recorded, stopped } = yield* recording(
        world,
        database,
        Effect.gen(function*() {
          const sessions = yield* Sessions
          const recorded = yield* create()
          yield* sessions.message(recorded, "Add a test, too", by)
          const stopped = yield* create()
          yield* ticking(sessions.stop(stopped, by))
          return { recorded, stopped }
        })
      )
      const server = yield* Layer.build(Layer.fresh(world.layer(Layer.succeedContext(database))))
      const events = yield* Effect.provide(history(recorded), server)
      assert.strictEqual(endings(events).at(-1), "complete")
      assert.include(tags(events), "MessageReceived")
      assert.deepStrictEqual(endings(yield* Effect.provide(history(stopped), server)), ["cancelled"])
      assert.isAbove(world.engine.started.length, 0)
    }))
})
