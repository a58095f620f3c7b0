/** An actor's mailbox. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as ActorMailbox from "../../../src/actors/session/ActorMailbox.ts"
import { Message } from "../../../src/actors/session/Messages.ts"
import { ask, say, supervised } from "./ActorKit.ts"

describe("a mailbox", () => {
  it.effect("accepts so many messages that nobody has read, and the next one when there is room", () =>
    Effect.gen(function*() {
      const mailbox = yield* ActorMailbox.make([])
      yield* Effect.forEach(
        Array.from({ length: ActorMailbox.capacity }),
        () => mailbox.offer(Message.CheckAdmission())
      )
      const next = yield* Effect.fork(mailbox.offer(Message.Release()))
      yield* TestClock.adjust("1 second")
      assert.isNull(next.unsafePoll())
      yield* mailbox.take
      assert.isTrue(yield* Fiber.join(next))
    }))

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
