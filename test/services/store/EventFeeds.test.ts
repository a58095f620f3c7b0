/** Who is served first when many readers want blocks that are not in memory, and how much of them is kept. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { layerLog } from "../../../src/App.ts"
import { storedDetail } from "../../../src/domain/EventText.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { OutputWritten } from "../../../src/domain/SessionEvent.ts"
import * as Database from "../../../src/services/store/Database.ts"
import { type EventFeed, EventFeeds } from "../../../src/services/store/EventFeeds.ts"
import { SessionStore } from "../../../src/services/store/SessionStore.ts"
import { BackgroundTasks } from "../../../src/services/support/BackgroundTasks.ts"
import { created } from "../../support/Walk.ts"

const layer = EventFeeds.layer.pipe(
  Layer.provideMerge(layerLog),
  Layer.provide(BackgroundTasks.layer),
  Layer.provideMerge(Database.layerMemory)
)
const { _tag, branch, ...spec } = created()
const id = SessionId.make("00000000000a")

/** A session of so many lines. */
const makeSession = Effect.fnUntraced(function*(lines: number, text: string) {
  const store = yield* SessionStore
  const sql = yield* SqlClient.SqlClient
  yield* store.create({ id, spec, receipt: undefined })
  const rows = Array.from({ length: lines }, (_, index) => ({
    id: 10 + index,
    session_id: id,
    type: "output",
    data: text,
    created_at: "2026-01-02T03:04:05.678Z",
    detail: JSON.stringify(storedDetail(OutputWritten.make({ turn: 1, round: 1, line: index + 1, text })))
  }))
  for (let from = 0; from < rows.length; from += 100) {
    yield* sql`INSERT INTO session_events ${sql.insert(rows.slice(from, from + 100))}`
  }
})

/** Reads everything up to an event, block by block. */
const readTo = (feed: EventFeed, last: number) =>
  Effect.iterate(0, {
    while: (cursor) => cursor < last,
    body: (cursor) =>
      Effect.map(
        Effect.flatten(
          Effect.async<Parameters<Parameters<EventFeed["want"]>[1]>[0]>((resume) =>
            feed.want(cursor, (read) => resume(Effect.succeed(read)))
          )
        ),
        (block) => block.last
      )
  })

describe("EventFeeds", () => {
  it.scoped("serves those furthest behind first, one block of a session at a time", () =>
    Effect.gen(function*() {
      // of which a block holds 256 at most
      yield* makeSession(1000, "a line")
      const feeds = yield* EventFeeds
      const feed = yield* feeds.open(id)
      const order = yield* Effect.async<ReadonlyArray<string>>((resume) => {
        const order: Array<string> = []
        const wants = (name: string, after: number, next: () => void = () => {}) =>
          feed.want(after, (read) => {
            order.push(`${name} ${after} ${Either.isRight(read)}`)
            next()
          })
        wants("ahead", 900, () => resume(Effect.succeed(order)))
        wants("between", 600)
        wants("behind", 20, () => wants("behind", 300))
        wants("also behind", 20)
      })
      assert.deepStrictEqual(order, [
        "behind 20 true",
        "also behind 20 true",
        "behind 300 true",
        "between 600 true",
        "ahead 900 true"
      ])
    }).pipe(Effect.provide(layer)))
  it.scoped("lets others have their turn between two blocks of a reader who takes everything at once", () =>
    Effect.gen(function*() {
      yield* makeSession(1000, "a line")
      const feed = yield* Effect.flatMap(EventFeeds, ({ open }) => open(id))
      let isReading = true
      let turns = 0
      const turn = () => {
        turns += 1
        if (isReading) setImmediate(turn)
      }
      setImmediate(turn)
      const blocks = yield* Effect.async<number>((resume) => {
        const read = (count: number, after: number): void =>
          feed.want(
            after,
            Either.match({
              onLeft: () => resume(Effect.dieMessage("it could not be read")),
              // as a writer does, which is scheduled
              onRight: ({ last }) =>
                last < 1009 ? queueMicrotask(() => read(count + 1, last)) : resume(Effect.succeed(count))
            })
          )
        read(1, 0)
      })
      isReading = false
      assert.isAbove(blocks, 3)
      assert.isAtLeast(turns, blocks - 1)
    }).pipe(Effect.provide(layer)))
  it.scoped("keeps what several read, and of what a single one reads only the last 2 MiB", () =>
    Effect.gen(function*() {
      yield* makeSession(100, "x".repeat(64 * 1024))
      const feeds = yield* EventFeeds
      const feed = yield* feeds.open(id)
      feed.listen(() => {})
      yield* readTo(feed, 109)
      assert.isUndefined(feed.held(20))
      assert.isDefined(feed.held(100))
      feed.listen(() => {})
      yield* readTo(feed, 70)
      assert.isDefined(feed.held(20))
    }).pipe(Effect.provide(layer)))
})
