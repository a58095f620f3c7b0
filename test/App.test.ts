/** The layers of sessions: a server works on all of them, a command on its own, and another one only records. */
import type * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { Sessions } from "../src/actors/sessions/Sessions.ts"
import * as Database from "../src/services/store/Database.ts"
import { asksFirst } from "./fakes/FakeModel.ts"
import { by, create, createWorking, endings, history, tags, ticking, untilFact, World } from "./support/TestApp.ts"

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

describe("layerOwn", () => {
  /** A command's life on a database that stays. */
  const owning = <A, E>(
    world: World,
    database: Context.Context<SqlClient.SqlClient>,
    effect: Effect.Effect<A, E, Sessions>
  ) => effect.pipe(Effect.provide(Layer.fresh(world.own(Layer.succeedContext(database), settings))))
  const settings = { maxSessions: 1, questionTimeout: Duration.minutes(3) }

  it.scoped("works on what it creates, and leaves all else to a process that stays", () =>
    Effect.gen(function*() {
      const world = new World()
      const database = yield* Layer.build(Database.layerMemory)
      // a server that was killed
      const running = yield* Effect.provide(
        createWorking(world),
        Layer.fresh(world.layer(Layer.succeedContext(database)))
      )
      const pending = yield* recording(world, database, create())
      world.engine.script = () => ({ exitCode: 0, answer: "42" })
      const seen = yield* owning(
        world,
        database,
        Effect.gen(function*() {
          const sessions = yield* Sessions
          const own = yield* create()
          const events = yield* history(own)
          // longer than the sweep of what was given up
          yield* TestClock.adjust("3 minutes")
          const others = yield* Effect.forEach([pending, running], sessions.get)
          return { own: endings(events), others: others.map(({ status }) => status) }
        })
      )
      assert.deepStrictEqual(seen, { own: ["complete"], others: ["pending", "running"] })
      assert.strictEqual(world.engine.started.length, 2)
      assert.strictEqual(world.engine.runs.size, 1, "the sandbox of the one that was running goes on")
    }))

  it.scoped("works on what it steers; whoever else waits for an answer does so beyond the time", () =>
    Effect.gen(function*() {
      const world = new World()
      const database = yield* Layer.build(Database.layerMemory)
      world.model.answer = asksFirst(["Which file?"])
      const seen = yield* owning(
        world,
        database,
        Effect.gen(function*() {
          const other = yield* create()
          yield* untilFact(other, "QuestionsAsked")
          return other
        })
      )
      const pending = yield* recording(world, database, create())
      const after = yield* owning(
        world,
        database,
        Effect.gen(function*() {
          const sessions = yield* Sessions
          yield* sessions.message(pending, "Add a test, too", by)
          const events = yield* history(pending)
          yield* TestClock.adjust("10 minutes")
          return { steered: endings(events), other: yield* sessions.get(seen) }
        })
      )
      assert.deepStrictEqual(after.steered, ["complete"])
      assert.strictEqual(after.other.phase, "questions")
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
