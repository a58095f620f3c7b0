/** What clients are sent of a log that is written meanwhile: every event once and in order, whatever their pace. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Statement from "@effect/sql/Statement"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { Writable } from "node:stream"
import { layerLog } from "../../src/App.ts"
import { SessionId } from "../../src/domain/Ids.ts"
import { MessageReceived, OutputWritten, TurnEnded } from "../../src/domain/SessionEvent.ts"
import * as EventWriter from "../../src/http/EventWriter.ts"
import * as FairScheduler from "../../src/http/FairScheduler.ts"
import * as Database from "../../src/services/store/Database.ts"
import { EventFeeds } from "../../src/services/store/EventFeeds.ts"
import { LogWriter } from "../../src/services/store/LogWriter.ts"
import { SessionStore } from "../../src/services/store/SessionStore.ts"
import { append } from "../support/StoreKit.ts"
import { by, created, walk } from "../support/Walk.ts"

const layer = Layer.fresh(layerLog.pipe(Layer.provideMerge(Database.layerMemory)))
const { _tag, branch, ...spec } = created()
const id = SessionId.make("00000000000a")
const scheduler = FairScheduler.make()

const running = Effect.gen(function*() {
  const store = yield* SessionStore
  yield* store.create({ id, spec, receipt: undefined })
  const claim = yield* store.claim(id, "test")
  yield* append(claim, walk([0, 0, 0, 0]).events.slice(1))
  return claim
})
const lines = (from: number, count: number, size = 100) =>
  Array.from(
    { length: count },
    (_, i) => OutputWritten.make({ turn: 1, round: 1, line: from + i, text: "x".repeat(size) })
  )
const end = [TurnEnded.make({ turn: 1, end: "error", text: "over" })]

/** A client that takes `perTurn` bytes at each turn of the event loop; with 0, it takes one write and no more. */
const client = (perTurn = Infinity) => {
  const ids: Array<number> = []
  const waiting = new Map<number, () => void>()
  const response = new Writable({
    highWaterMark: 16 * 1024,
    write: (chunk: Buffer, _, done) => {
      for (const [, id] of chunk.toString().matchAll(/(?:^|\n\n)id: (\d+)\n/g)) ids.push(Number(id))
      for (const [event, arrived] of waiting) if (ids.includes(event)) arrived()
      const turns = (left: number): unknown => left <= 0 ? done() : setImmediate(turns, left - perTurn)
      if (perTurn > 0) turns(chunk.byteLength)
    }
  })
  const has = (event: number) =>
    Effect.async<void>((resume) => {
      if (ids.includes(event)) return resume(Effect.void)
      waiting.set(event, () => resume(Effect.void))
    })
  return { ids, response, has }
}

/** Writes, and returns when the client has taken everything. */
const follow = ({ response }: { readonly response: Writable }, after = 0, session = id) =>
  Effect.flatMap(
    Effect.flatMap(EventFeeds, (feeds) => feeds.open(session)),
    (feed) => EventWriter.write({ feed, response, after, scheduler })
  ).pipe(
    Effect.scoped,
    Effect.zipRight(Effect.async<void>((resume) => void response.end(() => resume(Effect.void))))
  )

const upTo = (last: number, after = 0) => Array.from({ length: last - after }, (_, i) => after + i + 1)

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

  it.effect("sends an event that is larger than the cache", () =>
    Effect.gen(function*() {
      const claim = yield* running
      const writer = yield* LogWriter
      yield* writer.write(claim, lines(1, 3))
      const sql = yield* SqlClient.SqlClient
      // six bytes a character on the wire: 18 MiB
      yield* sql`UPDATE session_events SET data = ${"\u0001".repeat(3 * 1024 * 1024)}
        WHERE session_id = ${id} AND id = (SELECT MIN(id) + 1 FROM session_events WHERE type = 'output')`
      yield* append(claim, end)
      const readers = [client(), client(), client(4 * 1024 * 1024)]
      yield* Effect.forEach(readers, (each) => follow(each), { concurrency: "unbounded" })
      for (const { ids } of readers) assert.deepStrictEqual(ids, upTo(readers[0]?.ids.at(-1) ?? 0))
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

  it.effect("fails for whoever meets an event that cannot be read; the others go on", () =>
    Effect.gen(function*() {
      const claim = yield* running
      const writer = yield* LogWriter
      yield* writer.write(claim, lines(1, 2))
      const sql = yield* SqlClient.SqlClient
      const [broken] = yield* sql<{ readonly id: number }>`UPDATE session_events SET detail = '{'
        WHERE session_id = ${id} AND id = (SELECT MIN(id) FROM session_events WHERE type = 'output') RETURNING id`
      const after = broken?.id ?? 0
      const well = client()
      const fiber = yield* Effect.fork(follow(well, after))
      assert.strictEqual((yield* Effect.flip(follow(client())))._tag, "StoreError")
      yield* writer.write(claim, lines(3, 1))
      yield* append(claim, end)
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(well.ids, [after + 1, after + 2, after + 3])
    }).pipe(Effect.provide(layer)))

  it.effect("is held up by no other session's trouble, and goes on within 5 seconds of its own", () =>
    Effect.gen(function*() {
      const store = yield* SessionStore
      const writer = yield* LogWriter
      const sql = yield* SqlClient.SqlClient
      const claim = yield* running
      const other = SessionId.make("00000000000b")
      yield* store.create({ id: other, spec, receipt: undefined })
      const [reader, troubled] = [client(), client()]
      const fibers = [yield* Effect.fork(follow(reader)), yield* Effect.fork(follow(troubled, 0, other))]
      yield* troubled.has(1)
      const status = (text: string) => sql`UPDATE sessions SET status = ${text} WHERE id = ${other}`
      yield* status("of a newer version")
      yield* TestClock.adjust("10 minutes")
      const before = reader.ids.length
      yield* writer.write(claim, lines(1, 1))
      yield* reader.has(before + 1)
      yield* status("error")
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(fibers[1] ?? Fiber.void)
      yield* append(claim, end)
      yield* Fiber.joinAll(fibers)
      assert.deepStrictEqual(reader.ids, upTo(before + 2))
    }).pipe(Logger.withMinimumLogLevel(LogLevel.None), Effect.provide(layer)))

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
