/**
 * Stored events as server-sent events, in blocks of about 64 KiB that any number of readers share. Events never change,
 * so neither do blocks: they are cached, and a reader that starts or continues inside of one takes a part of it.
 *
 * The cache is bounded by bytes, and what nobody has read for a few seconds is dropped, so replaying a long log once
 * leaves nothing behind. What only one reader wants has a small one of its own: V8 frees blocks that are dropped while
 * they are young soon, and older ones only after 64 MiB of them, by a full collection.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as EventFrame from "../../domain/EventFrame.ts"
import { publicDetail } from "../../domain/EventText.ts"
import type { SessionId } from "../../domain/Ids.ts"
import { BackgroundTasks } from "../support/BackgroundTasks.ts"
import * as Bell from "../support/Bell.ts"
import * as BlockCache from "./BlockCache.ts"
import { EventRow, StoredTime, toView } from "./SessionRows.ts"
import { StoreError } from "./StoreError.ts"

/** How many bytes of frames a block has, about: as much as one write to a socket. */
const blockBytes = 64 * 1024

/** About how much a frame adds to the text and the detail of its event, in bytes. */
const frameBytes = 150

/**
 * How many of the next events tell how many make a block, and the most that it has: what comes behind them may be
 * anything. Among that many, very different ones do not make it huge.
 */
const sample = 256

/** From one of this many bytes on it is fewer, as it takes long to step over them: 7 ms over 256 of 64 KiB. */
const longBytes = 8 * 1024
const longSample = 8

/** How often what was not read in the meantime is dropped. */
const sweepEvery = "5 seconds"

/** How many bytes are cached for sessions that have one reader, which hardly reads anything twice. */
const unsharedBytes = 2 * 1024 * 1024

/** A row as SQLite has it: a line of output is framed without decoding it. */
interface StoredRow {
  readonly id: number
  readonly session_id: string
  readonly type: unknown
  readonly data: unknown
  readonly created_at: unknown
  readonly detail: unknown
}

const decodeRow = Schema.decodeUnknown(EventRow)
// every text is some time
const decodeTime = Schema.decodeSync(StoredTime)
const encodeTime = Schema.encodeSync(StoredTime)

/** A stored time as it is on the wire. The lines of a batch share theirs, so the last one is kept. */
const wireTimes = () => {
  let known: { readonly text: string; readonly onWire: string } | undefined
  return (text: string): string => {
    if (known?.text !== text) known = { text, onWire: encodeTime(decodeTime(text)) }
    return known.onWire
  }
}

const frameRows = Effect.fnUntraced(function*(rows: ReadonlyArray<StoredRow>) {
  const wireTime = wireTimes()
  let frames = ""
  for (const row of rows) {
    const { created_at: time, data, detail, id, session_id: sessionId, type } = row
    const line = type === "output" && typeof data === "string" && typeof detail === "string" && typeof time === "string"
      ? EventFrame.ofLine({ id, sessionId, data, createdAt: wireTime(time), detail })
      : undefined
    frames += line ?? EventFrame.ofEvent(toView(yield* decodeRow(row), publicDetail))
  }
  return frames
})

export const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const tasks = yield* BackgroundTasks
  const shared = BlockCache.make()
  const unshared = BlockCache.make(unsharedBytes)
  const find = (id: SessionId, after: number) => shared.find(id, after) ?? unshared.find(id, after)
  const filled = Bell.make()
  const hold = (id: SessionId, block: BlockCache.EventBlock, readers: number): void => {
    const cache = readers > 1 ? shared : unshared
    cache.add(id, block)
    filled.ring()
  }

  // As many as make a block, going by the average of the next ones. The inner query must give sizes only, or
  // it would read all of the texts.
  const rowsAfter = (id: SessionId, after: number) =>
    sql<StoredRow>`SELECT id, session_id, type, data, created_at, detail FROM session_events
      WHERE session_id = ${id} AND id > ${after} ORDER BY id LIMIT max(1, (
        SELECT min(COUNT(*), CAST(COUNT(*) * ${blockBytes} / SUM(size) AS INTEGER)) FROM (
          SELECT octet_length(data) + ifnull(octet_length(detail), 0) + ${frameBytes} AS size FROM session_events
          WHERE session_id = ${id} AND id > ${after} ORDER BY id LIMIT (
            SELECT CASE WHEN octet_length(data) < ${longBytes} THEN ${sample} ELSE ${longSample} END FROM session_events
            WHERE session_id = ${id} AND id > ${after} ORDER BY id LIMIT 1
          )
        )
      ))`

  const readBlock = Effect.fnUntraced(
    function*(id: SessionId, after: number, readers: number) {
      const rows = yield* rowsAfter(id, after)
      const [first, last] = [rows[0], rows[rows.length - 1]]
      if (first === undefined || last === undefined) return yield* Effect.fail(`there are no events after ${after}`)
      const block = { first: first.id, last: last.id, bytes: Buffer.from(yield* frameRows(rows)) }
      hold(id, block, readers)
      return block
    },
    // what cannot be framed fails for those who meet it, and not for all who read something
    Effect.catchAllDefect(Effect.fail),
    Effect.mapError((cause) => new StoreError({ operation: "read events", cause }))
  )

  // an empty cache costs nothing
  const sweep = Effect.suspend(() =>
    shared.bytes() + unshared.bytes() === 0
      ? filled.after(filled.strokes())
      : Effect.delay(Effect.zipRight(Effect.sync(shared.sweep), Effect.sync(unshared.sweep)), sweepEvery)
  )
  yield* tasks.run("event blocks", Effect.forever(sweep))

  return {
    /** Keeps a block that was made of what was stored just now, for so many readers of the session. */
    hold,
    /** The block with the next event after the cursor, if it is in memory. */
    held: find,
    /** The same block, read if necessary, for so many readers of the session. There has to be such an event. */
    read: (id: SessionId, after: number, readers = 1): Effect.Effect<BlockCache.EventBlock, StoreError> =>
      Effect.suspend(() => {
        const held = find(id, after)
        return held === undefined ? readBlock(id, after, readers) : Effect.succeed(held)
      })
  }
})
