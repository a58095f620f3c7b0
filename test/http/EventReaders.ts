/** Clients as bare as can be of a session's events, for tests of what they are sent. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Writable } from "node:stream"
import { layerLog } from "../../src/App.ts"
import { SessionId } from "../../src/domain/Ids.ts"
import { OutputWritten, TurnEnded } from "../../src/domain/SessionEvent.ts"
import * as EventWriter from "../../src/http/EventWriter.ts"
import * as FairScheduler from "../../src/http/FairScheduler.ts"
import * as Database from "../../src/services/store/Database.ts"
import { EventFeeds } from "../../src/services/store/EventFeeds.ts"
import { SessionStore } from "../../src/services/store/SessionStore.ts"
import type { StoreError } from "../../src/services/store/StoreError.ts"
import { append } from "../support/StoreKit.ts"
import { created, walk } from "../support/Walk.ts"

export const layer = Layer.fresh(layerLog.pipe(Layer.provideMerge(Database.layerMemory)))
const { _tag, branch, ...rest } = created()
export const spec = rest
export const id = SessionId.make("00000000000a")
const scheduler = FairScheduler.make()

/** A session whose agent is at work. */
export const running = Effect.gen(function*() {
  const store = yield* SessionStore
  yield* store.create({ id, spec, receipt: undefined })
  const claim = yield* store.claim(id, "test")
  yield* append(claim, walk([0, 0, 0, 0]).events.slice(1))
  return claim
})
export const lines = (from: number, count: number, size = 100) =>
  Array.from(
    { length: count },
    (_, i) => OutputWritten.make({ turn: 1, round: 1, line: from + i, text: "x".repeat(size) })
  )
export const end = [TurnEnded.make({ turn: 1, end: "error", text: "over" })]

/** A client that takes `perTurn` bytes at each turn of the event loop; with 0, it takes one write and no more. */
export const client = (perTurn = Infinity) => {
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
export const follow = ({ response }: { readonly response: Writable }, after = 0, session = id) =>
  Effect.flatMap(
    Effect.flatMap(EventFeeds, (feeds) => feeds.open(session)),
    (feed) =>
      Effect.async<void, StoreError>((resume) =>
        Effect.sync(EventWriter.write({ feed, response, after, scheduler, onDone: resume }))
      )
  ).pipe(
    Effect.scoped,
    Effect.zipRight(Effect.async<void>((resume) => void response.end(() => resume(Effect.void))))
  )

export const upTo = (last: number, after = 0) => Array.from({ length: last - after }, (_, i) => after + i + 1)
