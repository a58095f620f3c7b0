/** Blocks of frames: the same bytes as through the schemas, for every event, from every cursor. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { layerLog } from "../../../src/App.ts"
import * as EventFrame from "../../../src/domain/EventFrame.ts"
import { storedDetail } from "../../../src/domain/EventText.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { OutputWritten } from "../../../src/domain/SessionEvent.ts"
import { framesAfter } from "../../../src/services/store/BlockCache.ts"
import * as Database from "../../../src/services/store/Database.ts"
import * as EventBlocks from "../../../src/services/store/EventBlocks.ts"
import { EventLog } from "../../../src/services/store/EventLog.ts"
import { SessionStore } from "../../../src/services/store/SessionStore.ts"
import { framesBetween } from "../../support/StoreKit.ts"
import { created, walk } from "../../support/Walk.ts"

const layer = layerLog.pipe(Layer.provideMerge(Database.layerMemory))
const id = SessionId.make("00000000000a")
const { _tag, branch, ...spec } = created()

interface Row {
  readonly type: string
  readonly data: string
  readonly created_at: string
  readonly detail: string | null
}

/** A session whose log has exactly these rows. */
const withRows = Effect.fnUntraced(function*(rows: ReadonlyArray<Row>) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DELETE FROM session_events WHERE session_id = ${id}`
  for (let from = 0; from < rows.length; from += 100) {
    const values = rows.slice(from, from + 100).map((row, index) => ({ ...row, id: from + index + 1, session_id: id }))
    yield* sql`INSERT INTO session_events ${sql.insert(values)}`
  }
})

const create = Effect.flatMap(SessionStore, (store) => store.create({ id, spec, receipt: undefined }))

/** What the schemas make of the log. */
const bySchema = Effect.fnUntraced(function*(after: number) {
  const log = yield* EventLog
  return (yield* log.page(id, after, 10_000)).map(EventFrame.ofEvent).join("")
})

/** What the blocks have after a cursor. */
const byBlocks = (after: number, last: number) => framesBetween(id, after, last)

const line = (number: number, text: string, partial?: boolean) =>
  OutputWritten.make({ turn: 1, round: 1, line: number, text, ...(partial === undefined ? {} : { partial }) })

const lineRow = (number: number, text: string): Row => ({
  type: "output",
  data: text,
  created_at: "2026-01-02T03:04:05.678Z",
  detail: JSON.stringify(storedDetail(line(number, text)))
})

const time = FastCheck.oneof(
  FastCheck.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }).map((date) =>
    date.toISOString()
  ),
  FastCheck.constantFrom(
    "2024-01-31 10:20:30.123 +0000 UTC m=+0.1",
    "2024-01-31 10:20:30",
    "2026-02-31T00:00:00.000Z",
    "2026-13-01T00:00:00.000Z",
    "2026-01-01T00:00:00Z",
    "never"
  )
)

const text = FastCheck.string({ unit: "binary", maxLength: 40 })
  // the database keeps text up to a NUL, and no half of a pair
  .map((text) => Buffer.from(text.replaceAll("\0", "")).toString())

const details = FastCheck.oneof(
  FastCheck.tuple(FastCheck.integer({ min: 1, max: 99 }), FastCheck.option(FastCheck.boolean(), { nil: undefined }))
    .map(([number, partial]) => JSON.stringify(storedDetail(line(number, "", partial)))),
  FastCheck.constantFrom(
    null,
    "{\"_tag\":\"OutputWritten\",\"v\":1,\"turn\":1,\"round\":1,\"line\":1.0}",
    "{ \"_tag\":\"OutputWritten\",\"v\":1,\"turn\":1,\"round\":1,\"line\":1}",
    "{\"_tag\":\"OutputWritten\",\"v\":1,\"turn\":1,\"round\":1,\"line\":1,\"line\":2}",
    "{\"_tag\":\"OutputWritten\",\"v\":1,\"turn\":99999999999999999999,\"round\":1,\"line\":1}",
    "{\"v\":1,\"_tag\":\"OutputWritten\",\"turn\":1,\"round\":1,\"line\":1}",
    "{\"_tag\":\"FromTheFuture\",\"2\":\"b\",\"1\":\"\\u0061\",\"agent\":\"command:secret\"}",
    "{}"
  )
)

const facts = FastCheck.array(FastCheck.nat(), { maxLength: 12 }).chain((choices) =>
  FastCheck.constantFrom(...walk(choices, { agent: { _tag: "Command", line: "secret --token=1" } }).events)
)

const rows = FastCheck.array(
  FastCheck.oneof(
    FastCheck.record({ type: FastCheck.constant("output"), data: text, created_at: time, detail: details }),
    FastCheck.record({
      type: FastCheck.constantFrom("status", "output", "done"),
      data: text,
      created_at: time,
      detail: facts.map((fact) => JSON.stringify(storedDetail(fact)))
    })
  ),
  { minLength: 1, maxLength: 30 }
)

describe("blocks of frames", () => {
  it.effect("have the bytes that the schemas make, for every kind of event and from every cursor", () =>
    Effect.gen(function*() {
      yield* create
      for (const sample of FastCheck.sample(rows, { numRuns: 100, seed: 20 })) {
        yield* withRows(sample)
        for (let after = 0; after < sample.length; after += 1 + Math.floor(sample.length / 3)) {
          assert.strictEqual(yield* Effect.scoped(byBlocks(after, sample.length)), yield* bySchema(after))
        }
      }
    }).pipe(Effect.provide(layer)))

  it("take the direct way for the lines that this program stores", () => {
    for (const fact of [line(1, "a"), line(123_456, "b", true), line(2, "c", false)]) {
      const createdAt = DateTime.formatIso(DateTime.unsafeMake(0))
      const detail = JSON.stringify(storedDetail(fact))
      assert.isDefined(EventFrame.ofLine({ id: 1, sessionId: id, data: fact.text, createdAt, detail }))
    }
  })

  it.scoped("are about 64 KiB each, whatever the lines; any cursor finds its place in them", () =>
    Effect.gen(function*() {
      yield* create
      const sizes = [0, 10, 100, 1000, 10_000, 70_000]
      yield* withRows(
        Array.from({ length: 2000 }, (_, i) => lineRow(i + 1, "x\n".repeat((sizes[Math.floor(i / 350)] ?? 0) / 2)))
      )
      const blocks = yield* EventBlocks.make
      let reads = 0
      for (let cursor = 0; cursor < 2000;) {
        const block = yield* blocks.read(id, cursor)
        assert.strictEqual(block.first, cursor + 1)
        if (block.last > block.first) assert.isBelow(block.bytes.byteLength, 256 * 1024)
        reads += 1
        cursor = block.last
      }
      assert.isBelow(reads, 700)
      for (const after of [0, 1, 9, 10, 99, 348, 349, 350, 1500, 1998, 1999]) {
        const block = yield* blocks.read(id, after)
        const found = /^id: (\d+)\n/.exec(framesAfter(block, after).toString("latin1"))
        assert.strictEqual(found?.[1], String(after + 1))
      }
    }).pipe(Effect.provide(layer)))

  it.scoped("do not grow by what comes after the lines that they were measured by", () =>
    Effect.gen(function*() {
      yield* create
      const blocks = yield* EventBlocks.make
      const long = "x".repeat(64 * 1024)
      for (const head of [[...Array(256).keys()].map(() => ""), ["x".repeat(8 * 1024), ...Array(7).fill("")]]) {
        const texts = [...head, ...Array(60).fill(long)]
        yield* withRows(texts.map((text, index) => lineRow(index + 1, text)))
        const block = yield* blocks.read(id, 0)
        assert.isAtMost(block.last, head.length)
        assert.isBelow(block.bytes.byteLength, 128 * 1024)
        yield* TestClock.adjust("20 seconds")
      }
    }).pipe(Effect.provide(layer)))

  it.scoped("fail with what could not be read", () =>
    Effect.gen(function*() {
      yield* create
      const blocks = yield* EventBlocks.make
      yield* withRows([{ ...lineRow(1, "a"), detail: "{" }])
      assert.strictEqual((yield* Effect.flip(blocks.read(id, 0)))._tag, "StoreError")
      assert.strictEqual((yield* Effect.flip(blocks.read(id, 1)))._tag, "StoreError")
    }).pipe(Effect.provide(layer)))
})
