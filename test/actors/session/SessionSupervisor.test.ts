/** Actors under their supervisor: who restarts what, and what nobody else notices. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { Admission } from "../../../src/actors/session/Admission.ts"
import { SessionSupervisor } from "../../../src/actors/session/SessionSupervisor.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { SessionCommand } from "../../../src/domain/SessionCommand.ts"
import { PlanProduced, UsageRecorded } from "../../../src/domain/SessionEvent.ts"
import { StoreError } from "../../../src/services/store/StoreError.ts"
import { by } from "../../support/Walk.ts"
import { ActorWorld, eventually, supervised } from "./ActorKit.ts"

const say = (n: number) => SessionCommand.Message({ messageId: `m${n}`, text: `message ${n}`, by })
const stop = SessionCommand.Stop({ by })
const full = new StoreError({ operation: "record events", cause: "disk full" })
const start = (id: SessionId) => Effect.flatMap(SessionSupervisor, (supervisor) => supervisor.start(id))
const ask = (id: SessionId, command: SessionCommand) =>
  Effect.flatMap(SessionSupervisor, (supervisor) => supervisor.ask(id, command))

const hasEnded = (world: ActorWorld, id: SessionId) => () => world.of(id).state.phase._tag === "Ended"
const ending = (world: ActorWorld, id: SessionId) => {
  const { phase } = world.of(id).state
  return phase._tag === "Ended" ? `${phase.end}: ${phase.text}` : phase._tag
}

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

describe("a mailbox", () => {
  it.effect("that is full holds back who asks, and loses nothing", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const id = world.create("session-a")
        const isOpen = yield* Deferred.make<void>()
        world.script = () => Effect.never
        world.fault = (operation) => operation === "append" ? Deferred.await(isOpen) : Effect.void
        const asked = yield* Effect.fork(
          Effect.forEach(Array.from({ length: 200 }, (_, n) => n), (n) => ask(id, say(n)), { concurrency: "unbounded" })
        )
        yield* TestClock.adjust("1 second")
        yield* Deferred.succeed(isOpen, undefined)
        yield* Fiber.join(asked)
        const texts = world.of(id).state.inbox.slice(1).map((message) => message.id)
        assert.deepStrictEqual(texts, Array.from({ length: 200 }, (_, n) => `m${n}`))
      })
    ))

  it.effect("is closed by an actor that leaves only while nothing is in it", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const ids = Array.from({ length: 5 }, (_, n) => world.create(`session-${n}`))
        world.script = () => Effect.never
        // the sessions wait for admission, so that their actors leave after each message
        yield* Effect.forEach(
          Array.from({ length: 100 }, (_, n) => n),
          (n) => Effect.forEach(ids, (id) => ask(id, say(n)), { concurrency: "unbounded" }),
          { concurrency: 3 }
        )
        for (const id of ids) assert.strictEqual(world.of(id).state.inbox.length, 101)
      }), { maxSessions: 0 }))
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
        yield* Effect.raceFirst(ask(id, say(1)), Effect.forever(TestClock.adjust("50 millis")))
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
        assert.strictEqual(world.begun.filter((step) => step === "session-a:EndTurn").length, 1)
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
        const id = world.create("session-a")
        let interrupted = 0
        world.script = (step) =>
          step._tag === "RunAgent"
            ? Effect.onInterrupt(Effect.never, () => Effect.sync(() => void interrupted++))
            : undefined
        yield* start(id)
        yield* eventually(() => world.begun.includes("session-a:RunAgent"))
        world.fault = (operation) =>
          operation === "append" && interrupted === 0 ? Effect.dieMessage("a bug") : Effect.void
        const error = yield* Effect.flip(ask(id, say(1)))
        assert.strictEqual(error._tag, "SessionUnavailable")
        yield* eventually(() => world.begun.filter((step) => step === "session-a:RunAgent").length === 2)
        assert.strictEqual(interrupted, 1)
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

describe("a write of which it is not known whether it came through", () => {
  it.effect("is looked up before anything else is decided: what is in the log is not written again", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const id = world.create("session-a")
        let isLost = false
        world.fault = (operation) => operation === "appended" && isLost ? full : Effect.void
        world.script = (step) => step._tag === "RunAgent" ? Effect.never : undefined
        yield* start(id)
        yield* eventually(() => world.begun.includes("session-a:RunAgent"))
        isLost = true
        assert.strictEqual((yield* Effect.flip(ask(id, SessionCommand.Stop({ by }))))._tag, "StoreError")
        isLost = false
        // the stop is in the log, so it is carried out; asked for again it changes nothing
        yield* Effect.ignore(ask(id, SessionCommand.Stop({ by })))
        yield* eventually(hasEnded(world, id))
        assert.strictEqual(world.tags(id).filter((tag) => tag === "StopRequested").length, 1)
        assert.strictEqual(ending(world, id), "cancelled: stopped by ada")
      })
    ))

  it.effect("holds back who asks while the log cannot be read either", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const id = world.create("session-a")
        let isGone = false
        world.fault = (operation) => isGone && (operation === "appended" || operation === "load") ? full : Effect.void
        world.script = (step) => step._tag === "RunAgent" ? Effect.never : undefined
        yield* start(id)
        yield* eventually(() => world.begun.includes("session-a:RunAgent"))
        isGone = true
        for (const n of [1, 2, 3]) assert.strictEqual((yield* Effect.flip(ask(id, say(n))))._tag, "StoreError")
        isGone = false
        yield* ask(id, say(4))
        assert.strictEqual(
          world.tags(id).filter((tag) => tag === "MessageReceived").length,
          2,
          "the first, and the last"
        )
        assert.strictEqual(world.begun.filter((step) => step === "session-a:RunAgent").length, 1, "it went on")
      })
    ))
})

describe("a session that another owner has taken", () => {
  it.effect("is let go of: nothing more is written, and its step ends", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const id = world.create("session-a")
        let interrupted = 0
        world.script = (step) =>
          step._tag === "RunAgent"
            ? Effect.onInterrupt(Effect.never, () => Effect.sync(() => void interrupted++))
            : undefined
        yield* start(id)
        yield* eventually(() => world.begun.includes("session-a:RunAgent"))
        world.of(id).generation++
        const before = world.tags(id)
        assert.strictEqual((yield* Effect.flip(ask(id, say(1))))._tag, "SessionUnavailable")
        yield* eventually(() => interrupted === 1)
        assert.deepStrictEqual(world.tags(id), before)
      })
    ))
})

describe("a deadline", () => {
  it.effect("interrupts the step and ends the turn, once the step has ended", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const id = world.create("session-a")
        const letGo = yield* Deferred.make<void>()
        world.script = (step) =>
          step._tag === "RunAgent" ? Effect.ensuring(Effect.never, Deferred.await(letGo)) : undefined
        yield* start(id)
        yield* eventually(() => world.begun.includes("session-a:RunAgent"))
        yield* TestClock.setTime(Date.UTC(2026, 0, 1, 0, 30, 1))
        yield* TestClock.adjust("1 second")
        assert.notInclude(world.begun, "session-a:EndTurn")
        yield* Deferred.succeed(letGo, undefined)
        yield* eventually(hasEnded(world, id))
        assert.strictEqual(ending(world, id), "error: timed out after 60 s")
      })
    ))
})

describe("a shutdown", () => {
  it.effect("has the step record what it still has to, ends nothing, and the next process goes on", () =>
    Effect.gen(function*() {
      const world = new ActorWorld()
      const id = world.create("session-a")
      const usage = { inputTokens: 5, outputTokens: 5, costUsd: 0.5 }
      world.script = (step, { record }) =>
        step._tag === "RunAgent" && world.of(id).generation === 1
          ? Effect.ensuring(
            Effect.never,
            Effect.orDie(record([UsageRecorded.make({ turn: 1, source: "agent", model: "m", usage })]))
          )
          : undefined
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(Layer.fresh(world.layer()), scope)
      yield* Effect.provide(start(id), context)
      yield* eventually(() => world.begun.includes("session-a:RunAgent"))
      const before = world.tags(id)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(world.tags(id), [...before, "UsageRecorded"])
      assert.strictEqual((yield* Effect.flip(Effect.provide(ask(id, say(1)), context)))._tag, "SessionUnavailable")

      yield* Effect.scoped(
        Effect.zipRight(start(id), eventually(hasEnded(world, id))).pipe(Effect.provide(Layer.fresh(world.layer())))
      )
      assert.strictEqual(ending(world, id), "complete: u")
      assert.strictEqual(world.begun.filter((step) => step === "session-a:RunAgent").length, 2)
    }))

  it.effect("does not wait for ever for a step that does not let go", () =>
    Effect.gen(function*() {
      const world = new ActorWorld()
      const id = world.create("session-a")
      world.script = (step) =>
        step._tag === "RunAgent" ? Effect.ensuring(Effect.never, Effect.sleep("1 minute")) : undefined
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(Layer.fresh(world.layer()), scope)
      yield* Effect.provide(start(id), context)
      yield* eventually(() => world.begun.includes("session-a:RunAgent"))
      const closed = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(closed)
      assert.strictEqual(ending(world, id), "Active")
    }))
})

describe("a process that only records", () => {
  const recording = <A, E>(
    test: (world: ActorWorld) => Effect.Effect<A, E, SessionSupervisor | Admission | Scope.Scope>
  ) =>
    Effect.suspend(() => {
      const world = new ActorWorld()
      return Effect.scoped(test(world)).pipe(Effect.provide(Layer.fresh(world.layer({}, Admission.layerClosed))))
    })

  it.effect("begins no turn, takes messages, and its stop does stop", () =>
    recording((world) =>
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
      })
    ))
})
