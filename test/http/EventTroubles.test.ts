/** Streams that meet what is too large or cannot be read: each goes on as far as it can, and none suffers for another. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as TestClock from "effect/TestClock"
import { SessionId } from "../../src/domain/Ids.ts"
import { LogWriter } from "../../src/services/store/LogWriter.ts"
import { SessionStore } from "../../src/services/store/SessionStore.ts"
import { append } from "../support/StoreKit.ts"
import { client, end, follow, id, layer, lines, running, spec, upTo } from "./EventReaders.ts"

describe("an event stream", () => {
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
})
