/** A session whose actor is given up: how its turn ends all the same, and what becomes of its admission. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { SessionSupervisor } from "../../../src/actors/session/SessionSupervisor.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import {
  type ActorWorld,
  ask,
  ending,
  eventually,
  full,
  hasEnded,
  start,
  stop,
  supervised,
  withRunningAgent
} from "./ActorKit.ts"

/** A session whose turn cannot be cleaned up, and one that waits for its admission. */
const withBrokenEnding = Effect.fnUntraced(function*(world: ActorWorld) {
  const [id, waiting] = [world.create("session-a"), world.create("session-b")]
  world.script = (step, { claim }) =>
    claim.sessionId === id && step._tag === "EndTurn" ? Effect.dieMessage("a bug") : undefined
  yield* Effect.forEach([id, waiting], start)
  return { id, waiting }
})

describe("a turn whose clean-up dies of a defect", () => {
  it.effect("ends with the cause, and the session that waited for its admission runs", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const { id, waiting } = yield* withBrokenEnding(world)
        yield* eventually(() => hasEnded(world, id)() && hasEnded(world, waiting)())
        assert.strictEqual(ending(world, id), "error: the session's actor failed 4 times: RuntimeException: a bug")
        assert.strictEqual(world.tags(id).filter((tag) => tag === "TurnEnded").length, 1)
        assert.strictEqual(ending(world, waiting), "complete: u")
      }), { maxSessions: 1 }))

  it.effect("ends as cancelled if that was requested", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const { id } = yield* withRunningAgent(world)
        const script = world.script
        world.script = (step, context) => step._tag === "EndTurn" ? Effect.dieMessage("a bug") : script(step, context)
        yield* ask(id, stop)
        yield* eventually(hasEnded(world, id))
        assert.strictEqual(ending(world, id), "cancelled: stopped by ada")
      })
    ))

  it.effect("is ended as soon as the log can be written again", () =>
    supervised((world) =>
      Effect.gen(function*() {
        let isFull = true
        let refusals = 0
        world.fault = (operation, session, events) =>
          isFull && session === "session-a" && operation === "append" && events[0]?._tag === "TurnEnded"
            ? Effect.zipRight(Effect.sync(() => refusals++), full)
            : Effect.void
        const { id, waiting } = yield* withBrokenEnding(world)
        yield* eventually(() => refusals > 2)
        assert.strictEqual(ending(world, id), "Active")
        isFull = false
        yield* eventually(() => hasEnded(world, id)() && hasEnded(world, waiting)())
        assert.include(ending(world, id), "error: the session's actor failed 4 times")
      }), { maxSessions: 1 }))
})

describe("a turn that cannot be ended at all", () => {
  it.effect("holds up no other session, and whoever asks is told", () =>
    supervised((world) =>
      Effect.gen(function*() {
        world.fault = (operation, session, events) =>
          session === "session-a" && operation === "append" && events[0]?._tag === "TurnEnded"
            ? Effect.dieMessage("a bug in the log")
            : Effect.void
        const { id, waiting } = yield* withBrokenEnding(world)
        yield* eventually(hasEnded(world, waiting))
        assert.strictEqual(ending(world, id), "Active")
        const supervisor = yield* SessionSupervisor
        assert.isFalse(yield* supervisor.hasActor(id))
      }), { maxSessions: 1 }))

  it.effect("does not hold up a shutdown", () =>
    Effect.gen(function*() {
      const closed = yield* Effect.fork(supervised((world) =>
        Effect.gen(function*() {
          let refusals = 0
          world.fault = (operation, _, events) =>
            operation === "append" && events[0]?._tag === "TurnEnded"
              ? Effect.zipRight(Effect.sync(() => refusals++), full)
              : Effect.void
          yield* withBrokenEnding(world)
          yield* eventually(() => refusals > 0)
        })
      ))
      yield* TestClock.adjust(0)
      yield* Fiber.join(closed)
    }))
})

describe("a session that no longer belongs to this process", () => {
  it.effect("gives its admission back when another owner has taken it", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const { id } = yield* withRunningAgent(world)
        const waiting = world.create("session-b")
        yield* start(waiting)
        world.of(id).generation++
        assert.strictEqual((yield* Effect.flip(ask(id, stop)))._tag, "SessionUnavailable")
        yield* eventually(() => world.begun.includes("session-b:RunAgent"))
      }), { maxSessions: 1 }))

  it.effect("gives its admission back when it does not exist", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const id = SessionId.make("session-x")
        const waiting = world.create("session-b")
        yield* start(id)
        yield* start(waiting)
        yield* eventually(hasEnded(world, waiting))
      }), { maxSessions: 1 }))
})
