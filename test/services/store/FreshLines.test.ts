/** Lines that come with the bell's ring: the same bytes as the stored rows make, for whoever follows a session live. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import { layerLog } from "../../../src/App.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { type LogEvent, OutputWritten, StatusReported, TurnEnded } from "../../../src/domain/SessionEvent.ts"
import { type EventBlock, framesAfter } from "../../../src/services/store/BlockCache.ts"
import * as Database from "../../../src/services/store/Database.ts"
import { EventBus } from "../../../src/services/store/EventBus.ts"
import { type EventFeed, EventFeeds } from "../../../src/services/store/EventFeeds.ts"
import * as FreshLines from "../../../src/services/store/FreshLines.ts"
import { LogWriter } from "../../../src/services/store/LogWriter.ts"
import { SessionStore } from "../../../src/services/store/SessionStore.ts"
import { append, framesBetween } from "../../support/StoreKit.ts"
import { created, walk } from "../../support/Walk.ts"

const layer = EventFeeds.layer.pipe(Layer.provideMerge(layerLog), Layer.provideMerge(Database.layerMemory))
const id = SessionId.make("00000000000a")
const { _tag, branch, ...spec } = created()

const running = Effect.gen(function*() {
  const store = yield* SessionStore
  yield* store.create({ id, spec, receipt: undefined })
  const claim = yield* store.claim(id, "test")
  yield* append(claim, walk([0, 0, 0, 0]).events.slice(1))
  return claim
})

const line = (number: number, text: string, partial?: boolean): LogEvent =>
  OutputWritten.make({ turn: 1, round: 1, line: number, text, ...(partial === undefined ? {} : { partial }) })

const joined = (blocks: ReadonlyArray<EventBlock>): string => blocks.map(({ bytes }) => bytes.toString()).join("")

/** What the stored rows are as frames, between two events. */
const stored = (after: number, last: number) => framesBetween(id, after, last)

/** What a reader of the feed is written, up to the event that it knows as the last. */
const heldBy = (feed: EventFeed, after: number): string => {
  let text = ""
  for (let cursor = after; cursor < feed.last();) {
    const block = feed.held(cursor)
    if (block === undefined) return `${text}nothing is held after ${cursor}`
    text += framesAfter(block, cursor).toString()
    cursor = block.last
  }
  return text
}

/** Any text, some of it long, with what a database does not keep. */
const texts = FastCheck.array(
  FastCheck.oneof(
    FastCheck.string({ unit: "binary", maxLength: 40 }),
    FastCheck.constantFrom("", "a\nb", "\ud83d\ude80", "\u2028", "x".repeat(20_000))
  ),
  { minLength: 1, maxLength: 12 }
)

describe("fresh lines", () => {
  it.scoped("have the bytes that their rows make, in blocks that follow each other", () =>
    Effect.gen(function*() {
      const claim = yield* running
      const writer = yield* LogWriter
      const bell = yield* Effect.flatMap(EventBus, (bus) => bus.bell(id))
      const rung: Array<FreshLines.FreshLines | undefined> = []
      bell.listen((lines) => rung.push(lines))
      let number = 0
      for (const sample of FastCheck.sample(texts, { numRuns: 60, seed: 8 })) {
        const lines = sample.map((text, index) => line(++number, text, index % 3 === 0 ? true : undefined))
        yield* writer.write(claim, lines)
        const fresh = rung.at(-1)
        if (fresh === undefined) return assert.fail("the ring brought nothing")
        const blocks = FreshLines.blocksOf(fresh)
        const isKept = sample.every((text) => !text.includes("\0"))
        assert.strictEqual(blocks !== undefined, isKept)
        if (blocks === undefined) continue
        const last = fresh.after + lines.length
        assert.strictEqual(joined(blocks), yield* stored(fresh.after, last))
        assert.deepStrictEqual(blocks.map(({ first }) => first - 1), [
          fresh.after,
          ...blocks.slice(0, -1).map((block) => block.last)
        ])
        assert.strictEqual(blocks.at(-1)?.last, last)
      }
      assert.strictEqual(rung.length, 60)
    }).pipe(Effect.provide(layer)))

  it("are left to the database where it does not keep a text as it is, or something else is among them", () => {
    const blocksOf = (lines: ReadonlyArray<LogEvent>) =>
      FreshLines.blocksOf({ sessionId: id, after: 0, createdAt: "2026-01-02T03:04:05.678Z", lines })
    assert.strictEqual(blocksOf([line(1, "a"), line(2, "b")])?.length, 1)
    for (const other of ["\0", "half \ud83d", "\ude80 half"]) {
      assert.isUndefined(blocksOf([line(1, "a"), line(2, other)]))
    }
    const status = StatusReported.make({ turn: 1, round: 1, line: 2, text: "Running agent" })
    assert.isUndefined(blocksOf([line(1, "a"), status]))
  })

  it.scoped("reach a session's readers at once, once and in order, up to its end", () =>
    Effect.gen(function*() {
      const claim = yield* running
      const writer = yield* LogWriter
      const feed = yield* Effect.flatMap(EventFeeds, (feeds) => feeds.open(id))
      const begun = feed.last()
      let told = 0
      feed.listen(() => told += 1)
      for (let index = 0; index < 20; index++) {
        yield* writer.write(claim, [line(2 * index + 1, `first ${index}`), line(2 * index + 2, `second ${index}`)])
        // at once: nothing had to be read
        assert.deepStrictEqual([feed.last(), told], [begun + 2 * index + 2, index + 1])
      }
      assert.strictEqual(heldBy(feed, begun), yield* stored(begun, begun + 40))
      assert.isFalse(feed.isOver())
      // what is stored twice is told once
      yield* writer.write(claim, [line(40, "second 19"), line(41, "again")])
      assert.strictEqual(feed.last(), begun + 41)
      yield* append(claim, [TurnEnded.make({ turn: 1, end: "error", text: "over" })])
      yield* Effect.yieldNow().pipe(Effect.repeat({ until: () => feed.isOver(), times: 1000 }))
      assert.strictEqual(feed.last(), begun + 42)
      assert.isTrue(heldBy(feed, begun).startsWith(yield* stored(begun, begun + 41)))
    }).pipe(Effect.provide(layer)))
})
