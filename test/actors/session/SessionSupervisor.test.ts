/** Actors under their supervisor: who has one, who restarts it and how often, and what nobody else notices. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { Admission } from "../../../src/actors/session/Admission.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { SessionCommand } from "../../../src/domain/SessionCommand.ts"
import { PlanProduced, TurnEnded } from "../../../src/domain/SessionEvent.ts"
import { by } from "../../support/Walk.ts"
import {
  ask,
  ending,
  eventually,
  full,
  hasEnded,
  say,
  soon,
  start,
  stop,
  supervised,
  withRunningAgent
} from "./ActorKit.ts"

describe("a session", () => {
  it.effect("is worked on to its end; its actor leaves memory, and the next message finds a new one", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const id = world.create("session-a")
        yield* start(id)
        yield* eventually(hasEnded(world, id))
        assert.strictEqual(ending(world, id), "complete: u")
        assert.strictEqual(world.of(id).generation, 1)
        yield* ask(id, say(1))
        yield* eventually(hasEnded(world, id))
        assert.strictEqual(world.of(id).generation, 2)
        assert.strictEqual(world.tags(id).filter((tag) => tag === "TurnEnded").length, 2)
      })
    ))

  it.effect("that waits for admission has no actor", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const [first, second] = [world.create("session-a"), world.create("session-b")]
        world.script = (step, { claim }) =>
          claim.sessionId === first && step._tag === "RunAgent" ? Effect.never : undefined
        yield* Effect.forEach([first, second], start)
        yield* eventually(() => world.begun.includes("session-a:RunAgent"))
        assert.strictEqual(world.of(second).generation, 0)
        // a message is heard all the same, by an actor that leaves again
        yield* ask(second, say(1))
        assert.strictEqual(world.of(second).generation, 1)
        assert.strictEqual(world.of(second).state.inbox.length, 2)
        yield* ask(first, stop)
        yield* eventually(hasEnded(world, second))
        assert.strictEqual(ending(world, second), "complete: u")
      }), { maxSessions: 1 }))

  it.effect("that is not there has no actor, and whoever asks is told so", () =>
    supervised(() =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(ask(SessionId.make("session-x"), say(1)))
        assert.strictEqual(error._tag, "SessionNotFound")
      })
    ))
})

describe("admission", () => {
  it.effect("that was given back before its notice was read admits nobody: one place, one session", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const [id, other] = [world.create("session-a"), world.create("session-b")]
        const [isOver, isWritten] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        const done = TurnEnded.make({ turn: 1, end: "complete", text: "done" })
        world.script = (step, { claim, record }) =>
          claim.sessionId === id && step._tag === "EndTurn"
            ? Effect.zipRight(record([done]), Deferred.await(isOver))
            : world.begun.includes("session-a:EndTurn") && step._tag === "RunAgent"
            ? Effect.never
            : undefined
        world.fault = (operation, session, events) =>
          session === id && operation === "append" && events[0]?._tag === "MessageReceived"
            ? Deferred.await(isWritten)
            : Effect.void
        yield* Effect.forEach([id, other], start)
        yield* eventually(hasEnded(world, id))
        // the actor is busy with a message when its step ends and when a notice of its old admission arrives
        const asked = yield* Effect.fork(ask(id, say(1)))
        yield* Effect.repeatN(Effect.yieldNow(), 50)
        yield* Deferred.succeed(isOver, undefined)
        yield* Effect.repeatN(Effect.yieldNow(), 50)
        yield* start(id)
        yield* Deferred.succeed(isWritten, undefined)
        yield* Fiber.join(asked)
        yield* eventually(() => world.begun.includes("session-b:RunAgent"))
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(world.of(id).state.phase._tag, "Queued")
      }), { maxSessions: 1 }))
})

describe("an actor that dies of a defect", () => {
  it.effect("is restarted and goes on; who asked meanwhile gets an answer, and no neighbour notices", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const [id, neighbour] = [world.create("session-a"), world.create("session-b")]
        let defects = 0
        world.fault = (operation, session, events) =>
          session === id && operation === "append" && events[0]?._tag === "RepositoryPrepared" && defects++ < 2
            ? Effect.dieMessage("a bug")
            : Effect.void
        yield* Effect.forEach([id, neighbour], start)
        yield* eventually(() => defects > 0)
        yield* soon(ask(id, say(1)))
        yield* eventually(() => hasEnded(world, id)() && hasEnded(world, neighbour)())
        assert.strictEqual(ending(world, id), "complete: u")
        assert.strictEqual(ending(world, neighbour), "complete: u")
        assert.strictEqual(world.of(neighbour).generation, 1)
      })
    ))

  it.effect("again and again is given up: its turn ends with the cause, and the session takes messages as before", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const [id, neighbour] = [world.create("session-a"), world.create("session-b")]
        let isBroken = true
        world.fault = (operation, session, events) =>
          isBroken && session === id && operation === "append" && events[0]?._tag === "PlanProduced"
            ? Effect.dieMessage("a bug")
            : Effect.void
        const plan = { title: "Fix it", markdown: "1. fix it" }
        world.script = (step, { record }) =>
          step._tag === "MakePlan" ? record([PlanProduced.make({ turn: step.turn.number, plan })]) : undefined
        yield* Effect.forEach([id, neighbour], start)
        yield* eventually(() => hasEnded(world, id)() && hasEnded(world, neighbour)())
        assert.strictEqual(ending(world, id), "error: the session's actor failed 4 times: RuntimeException: a bug")
        assert.strictEqual(world.begun.filter((step) => step === "session-a:MakePlan").length, 4)
        assert.strictEqual(world.begun.filter((step) => step === "session-a:EndTurn").length, 0)
        assert.strictEqual(ending(world, neighbour), "complete: u")
        isBroken = false
        yield* ask(id, SessionCommand.Retry({ turn: undefined, by }))
        yield* eventually(hasEnded(world, id))
        assert.strictEqual(ending(world, id), "complete: u")
      })
    ))

  it.effect("before its turn has begun is given up as well: the turn begins, to end", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const id = world.create("session-a")
        // four lives of the actor; the fifth claim is the supervisor's, which ends the turn
        world.fault = (operation, _, events) =>
          operation === "append" && events[0]?._tag === "TurnStarted" && world.of(id).generation <= 4
            ? Effect.dieMessage("a bug")
            : Effect.void
        yield* start(id)
        yield* eventually(hasEnded(world, id))
        assert.deepStrictEqual(world.tags(id), ["SessionCreated", "TurnStarted", "TurnEnded"])
        assert.include(ending(world, id), "error: the session's actor failed 4 times")
      })
    ))

  it.effect("with a step under way interrupts it before it is restarted", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const { agent, id } = yield* withRunningAgent(world)
        world.fault = (operation) =>
          operation === "append" && agent.interrupted === 0 ? Effect.dieMessage("a bug") : Effect.void
        const error = yield* Effect.flip(ask(id, say(1)))
        assert.strictEqual(error._tag, "SessionUnavailable")
        yield* eventually(() => world.begun.filter((step) => step === "session-a:RunAgent").length === 2)
        assert.strictEqual(agent.interrupted, 1)
      })
    ))
})

describe("an actor whose log cannot be read or written", () => {
  it.effect("is restarted until it can, however long that takes", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const id = world.create("session-a")
        let isFull = true
        world.fault = (operation) => operation === "load" && isFull ? full : Effect.void
        yield* start(id)
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual(world.begun, [])
        isFull = false
        yield* eventually(hasEnded(world, id))
        assert.strictEqual(ending(world, id), "complete: u")
      })
    ))

  it.effect("tells who asks at once, and has its step wait with what it has to record", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const id = world.create("session-a")
        let isFull = false
        world.fault = (operation) => operation === "append" && isFull ? full : Effect.void
        world.script = (step) => {
          if (step._tag === "CollectChanges") isFull = true
          return undefined
        }
        yield* start(id)
        yield* eventually(() => world.begun.includes("session-a:CollectChanges"))
        assert.strictEqual((yield* Effect.flip(ask(id, say(1))))._tag, "StoreError")
        yield* TestClock.adjust("10 minutes")
        isFull = false
        yield* eventually(hasEnded(world, id))
        assert.strictEqual(ending(world, id), "complete: u")
        assert.strictEqual(world.begun.filter((step) => step === "session-a:CollectChanges").length, 1)
      })
    ))
})

describe("a process that only records", () => {
  it.effect("begins no turn, takes messages, and its stop does stop", () =>
    supervised(
      (world) =>
        Effect.gen(function*() {
          const id = world.create("session-a")
          yield* start(id)
          yield* ask(id, say(1))
          yield* TestClock.adjust("1 hour")
          assert.deepStrictEqual(world.begun, [])
          assert.strictEqual(world.of(id).state.phase._tag, "Queued")
          yield* ask(id, stop)
          yield* eventually(hasEnded(world, id))
          assert.deepStrictEqual(world.begun, ["session-a:EndTurn"])
          assert.include(ending(world, id), "cancelled")
        }),
      {},
      Admission.layerClosed
    ))
})
