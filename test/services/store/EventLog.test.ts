/** Replay, then live: every event once and in order, for any reader. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Statement from "@effect/sql/Statement"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { layerLog } from "../../../src/App.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { OutputWritten, TurnEnded } from "../../../src/domain/SessionEvent.ts"
import * as Database from "../../../src/services/store/Database.ts"
import { EventLog } from "../../../src/services/store/EventLog.ts"
import { LogWriter } from "../../../src/services/store/LogWriter.ts"
import { SessionStore } from "../../../src/services/store/SessionStore.ts"
import { append } from "../../support/StoreKit.ts"
import { created, walk } from "../../support/Walk.ts"

const layer = layerLog.pipe(Layer.provideMerge(Database.layerMemory))
const { _tag, branch, ...spec } = created()

const running = Effect.fnUntraced(function*(id: SessionId) {
  const store = yield* SessionStore
  yield* store.create({ id, spec, receipt: undefined })
  const claim = yield* store.claim(id, "test")
  yield* append(claim, walk([0, 0, 0, 0]).events.slice(1))
  return claim
})
const id = SessionId.make("00000000000a")
const lines = (from: number, count: number) =>
  Array.from(
    { length: count },
    (_, i) => OutputWritten.make({ turn: 1, round: 1, line: from + i, text: "x".repeat(100) })
  )
const end = [TurnEnded.make({ turn: 1, end: "error", text: "over" })]

describe("a session's stream", () => {
  it.effect("tells every reader everything, once and in order, while it is written; a slow one too", () =>
    Effect.gen(function*() {
      const log = yield* EventLog
      const writer = yield* LogWriter
      const claim = yield* running(id)
      const reader = (slow: boolean) =>
        log.stream(id, 0).pipe(
          Stream.mapEffect((event) => slow ? Effect.as(Effect.yieldNow(), event.id) : Effect.succeed(event.id)),
          Stream.runCollect,
          Effect.fork
        )
      const early = yield* Effect.forEach([true, false, false, false, false], reader)
      yield* Effect.forEach(Array.from({ length: 100 }, (_, i) => i), (i) => writer.write(claim, lines(i * 20 + 1, 20)))
      const late = yield* reader(false)
      yield* append(claim, end)
      const last = (yield* log.page(id, 2000, 100)).slice(-1)[0]?.id ?? 0
      for (const fiber of [...early, late]) {
        const ids = [...(yield* Fiber.join(fiber))]
        assert.deepStrictEqual(ids, Array.from({ length: last }, (_, i) => i + 1))
      }
    }).pipe(Effect.provide(layer)))

  it.effect("is read once for all that stand at the same place, however many they are", () =>
    Effect.gen(function*() {
      const statements = yield* Ref.make(0)
      const counting = Statement.setTransformer((statement) =>
        Effect.as(Ref.update(statements, (n) => n + 1), statement)
      )
      yield* Effect.gen(function*() {
        const log = yield* EventLog
        const writer = yield* LogWriter
        const claim = yield* running(id)
        const seen = yield* Ref.make(0)
        const costOf = (readers: number) =>
          Effect.gen(function*() {
            const first = (yield* log.page(id, 0, 1000)).length
            const [done, all] = [yield* Ref.make(0), yield* Deferred.make<void>()]
            const fibers = yield* Effect.forEach(
              Array.from({ length: readers }, (_, i) => i),
              () =>
                log.stream(id, first).pipe(
                  Stream.runForEach(() =>
                    Effect.flatMap(
                      Ref.updateAndGet(done, (n) => n + 1),
                      (n) => n === readers ? Deferred.succeed(all, undefined) : Effect.void
                    )
                  ),
                  Effect.fork
                )
            )
            yield* Effect.repeatN(Effect.yieldNow(), 100)
            const before = yield* Ref.get(statements)
            yield* writer.write(claim, lines(1 + (yield* Ref.getAndUpdate(seen, (n) => n + 1)), 1))
            yield* Deferred.await(all)
            const cost = (yield* Ref.get(statements)) - before
            const beforeEnd = yield* Ref.get(statements)
            yield* Fiber.interruptAll(fibers)
            assert.strictEqual(yield* Ref.get(statements), beforeEnd, "who leaves asks for nothing")
            return cost
          })
        const [one, many] = [yield* costOf(1), yield* costOf(300)]
        assert.strictEqual(many, one)
        yield* append(claim, end)
      }).pipe(Effect.provide(Layer.provideMerge(Layer.fresh(layer), counting)))
    }))

  it.effect("that is idle for long is asked for now and then, in case a ring was lost", () =>
    Effect.gen(function*() {
      const log = yield* EventLog
      const claim = yield* running(id)
      const reader = yield* Effect.fork(Stream.runLast(log.stream(id, 0)))
      yield* TestClock.adjust("10 minutes")
      // written behind the bell's back
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE sessions SET status = 'error' WHERE id = ${claim.sessionId}`
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(reader)
    }).pipe(Effect.provide(layer)))

  it.effect("goes on from a cursor", () =>
    Effect.gen(function*() {
      const log = yield* EventLog
      const claim = yield* running(id)
      yield* append(claim, end)
      const all = [...(yield* Stream.runCollect(log.stream(id, 0)))].map((event) => event.id)
      for (const after of all) {
        assert.deepStrictEqual(
          [...(yield* Stream.runCollect(log.stream(id, after)))].map((event) => event.id),
          all.slice(after)
        )
      }
    }).pipe(Effect.provide(layer)))

  it.effect("of an unknown session fails", () =>
    Effect.gen(function*() {
      const log = yield* EventLog
      const error = yield* Effect.flip(Stream.runDrain(log.stream(SessionId.make("00000000000f"), 0)))
      assert.strictEqual(error._tag, "SessionNotFound")
    }).pipe(Effect.provide(layer)))

  it.effect("ends, without an error, when the server stops", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(Layer.fresh(layer), scope)
      yield* running(id).pipe(Effect.provide(context))
      const reader = yield* Effect.flatMap(EventLog, (log) => Stream.runCount(log.stream(id, 0))).pipe(
        Effect.provide(context),
        Effect.fork
      )
      yield* Effect.yieldNow()
      yield* Scope.close(scope, Exit.void)
      assert.isAbove(yield* Fiber.join(reader), 0)
    }))
})
