/** What clients are sent of a log that is written meanwhile: every event once and in order, whatever their pace. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Statement from "@effect/sql/Statement"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { MessageReceived } from "../../src/domain/SessionEvent.ts"
import { EventFeeds } from "../../src/services/store/EventFeeds.ts"
import { LogWriter } from "../../src/services/store/LogWriter.ts"
import { append } from "../support/StoreKit.ts"
import { by } from "../support/Walk.ts"
import { client, end, follow, id, layer, lines, running, upTo } from "./EventReaders.ts"

describe("an event writer", () => {
  it.effect("sends every client everything, once and in order, while it is written; a slow one too", () =>
    Effect.gen(function*() {
      const writer = yield* LogWriter
      const claim = yield* running
      const early = [Infinity, Infinity, 5000, 700].map((perTurn) => client(perTurn))
      const fibers = yield* Effect.forEach(early, (each) => Effect.fork(follow(each)))
      for (let i = 0; i < 100; i++) yield* writer.write(claim, lines(i * 20 + 1, 20))
      const late = [client(), client(3000)]
      const middle = client()
      const lateFibers = yield* Effect.forEach(late, (each) => Effect.fork(follow(each)))
      const middleFiber = yield* Effect.fork(follow(middle, 777))
      yield* append(claim, end)
      yield* Fiber.joinAll([...fibers, ...lateFibers, middleFiber])
      const last = early[0]?.ids.at(-1) ?? 0
      assert.isAbove(last, 2000)
      for (const { ids } of [...early, ...late]) assert.deepStrictEqual(ids, upTo(last))
      assert.deepStrictEqual(middle.ids, upTo(last, 777))
      for (const { response } of early) assert.strictEqual(response.listenerCount("drain"), 0)
    }).pipe(Effect.provide(layer)))

  it.effect("keeps no more than a block waiting for a client that reads nothing", () =>
    Effect.gen(function*() {
      const writer = yield* LogWriter
      const claim = yield* running
      const stuck = client(0)
      const fiber = yield* Effect.fork(follow(stuck))
      for (let i = 0; i < 50; i++) yield* writer.write(claim, lines(i * 4 + 1, 4, 50_000))
      const other = client()
      const reading = yield* Effect.fork(follow(other))
      yield* append(claim, end)
      yield* Fiber.join(reading)
      assert.isAbove(other.ids.length, 200)
      assert.isBelow(stuck.response.writableLength, 512 * 1024)
      yield* Fiber.interrupt(fiber)
      stuck.response.destroy()
    }).pipe(Effect.provide(layer)))

  it.effect("costs the database the same for one client and for hundreds; idle ones a query each 5 seconds", () =>
    Effect.gen(function*() {
      const statements = yield* Ref.make(0)
      const counting = Statement.setTransformer((statement) =>
        Effect.as(Ref.update(statements, (n) => n + 1), statement)
      )
      yield* Effect.gen(function*() {
        const writer = yield* LogWriter
        const claim = yield* running
        const feeds = yield* EventFeeds
        let line = 0
        const costOf = (count: number) =>
          Effect.scoped(Effect.gen(function*() {
            const after = (yield* feeds.open(id)).last()
            const clients = Array.from({ length: count }, () => client())
            const fibers = yield* Effect.forEach(clients, (each) => Effect.fork(follow(each, after)))
            yield* Effect.repeatN(Effect.yieldNow(), 100)
            const before = yield* Ref.get(statements)
            yield* writer.write(claim, lines(++line, 1))
            yield* Effect.forEach(clients, ({ has }) => has(after + 1))
            const cost = (yield* Ref.get(statements)) - before
            yield* TestClock.adjust("50 seconds")
            yield* Effect.repeatN(Effect.yieldNow(), 100)
            const idle = (yield* Ref.get(statements)) - before - cost
            yield* Fiber.interruptAll(fibers)
            assert.strictEqual((yield* Ref.get(statements)) - before - cost - idle, 0, "who leaves asks for nothing")
            return { cost, idle }
          }))
        const [one, many] = [yield* costOf(1), yield* costOf(300)]
        assert.strictEqual(many.cost, one.cost)
        assert.strictEqual(many.idle, one.idle)
        assert.isAtMost(many.idle, 10)
        assert.isAbove(many.idle, 0)
      }).pipe(Effect.provide(Layer.provideMerge(layer, counting)))
    }))

  it.effect("finds what another process has written, within 5 seconds", () =>
    Effect.gen(function*() {
      yield* running
      const reader = client()
      const fiber = yield* Effect.fork(follow(reader))
      yield* reader.has(1)
      yield* TestClock.adjust("10 minutes")
      // written behind the bell's back
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE sessions SET status = 'error' WHERE id = ${id}`
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(fiber)
    }).pipe(Effect.provide(layer)))

  it.effect("does not take an end for the end once a follow-up has come", () =>
    Effect.gen(function*() {
      const claim = yield* running
      const first = client()
      yield* append(claim, end)
      yield* follow(first)
      // the feed stays open while the next turn begins
      yield* Effect.scoped(Effect.gen(function*() {
        const feed = yield* Effect.flatMap(EventFeeds, (feeds) => feeds.open(id))
        assert.isTrue(feed.isOver())
        const message = MessageReceived.make({ messageId: "m", text: "and more", by })
        yield* append(claim, [message])
        assert.isFalse(feed.isOver())
        const reader = client()
        const fiber = yield* Effect.fork(follow(reader, first.ids.length))
        yield* reader.has(first.ids.length + 1)
        yield* Fiber.interrupt(fiber)
      }))
    }).pipe(Effect.provide(layer)))

  it.effect("ends, without an error, when the server stops", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(layer, scope)
      yield* Effect.provide(running, context)
      const reader = client()
      const fiber = yield* Effect.fork(Effect.provide(follow(reader), context))
      yield* reader.has(1)
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.join(fiber)
    }))

  it.effect("of an unknown session fails", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(follow(client())))._tag, "SessionNotFound")
    }).pipe(Effect.provide(layer)))
})
