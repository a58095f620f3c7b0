/** An actor at work: what it writes, and what makes it stop. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { SessionSupervisor } from "../../../src/actors/session/SessionSupervisor.ts"
import { SessionCommand } from "../../../src/domain/SessionCommand.ts"
import { UsageRecorded } from "../../../src/domain/SessionEvent.ts"
import { by } from "../../support/Walk.ts"
import {
  ActorWorld,
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

describe("a write of which it is not known whether it came through", () => {
  it.effect("is looked up before anything else is decided: what is in the log is not written again", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const { id } = yield* withRunningAgent(world)
        let isLost = true
        world.fault = (operation) => operation === "appended" && isLost ? full : Effect.void
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
        const { id } = yield* withRunningAgent(world)
        let isGone = true
        world.fault = (operation) => isGone && (operation === "appended" || operation === "load") ? full : Effect.void
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

  it.effect("by an actor that only waits is looked up, and what is asked next is done", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const id = world.create("session-a")
        yield* start(id)
        yield* eventually(hasEnded(world, id))
        // from the write on, the log can be neither written nor read
        let isGone = false
        world.fault = (operation) => {
          isGone ||= operation === "append"
          return isGone ? full : Effect.void
        }
        assert.strictEqual((yield* Effect.flip(ask(id, say(1))))._tag, "StoreError")
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* soon(ask(id, say(2)).pipe(Effect.flip)))._tag, "StoreError", "who asks is told so")
        world.fault = () => Effect.void
        yield* soon(ask(id, say(3)))
        yield* eventually(() => world.tags(id).filter((tag) => tag === "TurnEnded").length === 2)
      })
    ))

  it.effect("by an actor that only waits is carried out as soon as the log can be read", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const { hasActor } = yield* SessionSupervisor
        const [id, busy] = [world.create("session-a", { approvePlan: true }), world.create("session-b")]
        world.script = (step, { claim }) =>
          claim.sessionId === busy && step._tag === "RunAgent" ? Effect.never : undefined
        yield* start(id)
        yield* eventually(() => world.of(id).state.phase._tag === "Waiting")
        yield* start(busy)
        yield* eventually(() => world.begun.includes("session-b:RunAgent"))
        let isGone = false
        world.fault = (operation, session) => {
          isGone ||= operation === "appended" && session === id
          return isGone && session === id ? full : Effect.void
        }
        assert.strictEqual((yield* Effect.flip(ask(id, stop)))._tag, "StoreError")
        assert.strictEqual(world.of(id).state.phase._tag, "Stopping")
        world.fault = () => Effect.void
        yield* eventually(hasEnded(world, id))
        yield* TestClock.adjust("1 second")
        assert.isFalse(yield* hasActor(id))
      }), { maxSessions: 1 }))
})

describe("a step that asks for the session's state", () => {
  it.effect("gets what has come since it began, and nothing is written for it", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const id = world.create("session-a")
        const isSaid = yield* Deferred.make<void>()
        const seen = yield* Deferred.make<number>()
        const appended: Array<number> = []
        world.script = (step, context) =>
          step._tag === "RunAgent"
            ? Deferred.await(isSaid).pipe(
              Effect.zipRight(context.record([])),
              Effect.flatMap(({ inbox }) => Deferred.succeed(seen, inbox.length)),
              Effect.zipRight(Effect.never)
            )
            : undefined
        world.fault = (operation, _, events) =>
          Effect.sync(() => {
            if (operation === "append") appended.push(events.length)
          })
        yield* start(id)
        yield* eventually(() => world.begun.includes("session-a:RunAgent"))
        yield* soon(ask(id, say(1)))
        yield* Deferred.succeed(isSaid, undefined)
        assert.strictEqual(yield* soon(Deferred.await(seen)), 1)
        assert.notInclude(appended, 0)
      })
    ))
})

describe("a session that another owner has taken", () => {
  it.effect("is let go of: nothing more is written, and its step ends", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const { agent, id } = yield* withRunningAgent(world)
        world.of(id).generation++
        const before = world.tags(id)
        assert.strictEqual((yield* Effect.flip(ask(id, say(1))))._tag, "SessionUnavailable")
        yield* eventually(() => agent.interrupted === 1)
        assert.deepStrictEqual(world.tags(id), before)
      })
    ))
})

describe("a deadline", () => {
  it.effect("interrupts the step and ends the turn, once the step has ended", () =>
    supervised((world) =>
      Effect.gen(function*() {
        const letGo = yield* Deferred.make<void>()
        const { id } = yield* withRunningAgent(world, Deferred.await(letGo))
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
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(Layer.fresh(world.layer()), scope)
      const { id } = yield* Effect.provide(withRunningAgent(world, Effect.sleep("1 minute")), context)
      const closed = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(closed)
      assert.strictEqual(ending(world, id), "Active")
    }))
})
