/**
 * Follows sessions for many readers at a time, as server-sent events. A session is followed once, however many read it:
 * when its bell rings, the log's end is read once, the new events are read and encoded once, and each reader is told.
 * What it then writes are blocks that all share; a reader that is behind reads older blocks at its own pace. Lines of output
 * that were stored just now come with the ring, and nothing is read.
 *
 * A reader costs an entry in a set. A followed session costs one query each 5 seconds, in case a ring got lost or
 * another process has written.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as RcMap from "effect/RcMap"
import type * as Scope from "effect/Scope"
import type { SessionId } from "../../domain/Ids.ts"
import { isEnd, type SessionNotFound } from "../../domain/Session.ts"
import { BackgroundTasks } from "../support/BackgroundTasks.ts"
import * as Bell from "../support/Bell.ts"
import type { EventBlock } from "./BlockCache.ts"
import * as EventBlocks from "./EventBlocks.ts"
import { EventBus } from "./EventBus.ts"
import * as EventPages from "./EventPages.ts"
import * as FreshLines from "./FreshLines.ts"
import { logStoreError, type StoreError } from "./StoreError.ts"

type Callback = (read: Either.Either<EventBlock, StoreError>) => void

/** One followed session. */
export interface EventFeed {
  /** The id of the newest event that is known. */
  readonly last: () => number
  /** Whether readers that have everything can leave: the session has ended, or the server stops. */
  readonly isOver: () => boolean
  /** The block with the next event after the cursor, if it is in memory. */
  readonly held: (after: number) => EventBlock | undefined
  /**
   * Has that block read, once for all that want it, and calls back with it, which may be larger than what is held in
   * memory. The cursor has to be before `last`.
   */
  readonly want: (after: number, callback: Callback) => void
  /** Calls back when there is more, or it is over, until the returned function is called. */
  readonly listen: (callback: () => void) => () => void
}

interface Following extends EventFeed {
  readonly refresh: Effect.Effect<void, StoreError>
}

/** A block that readers wait for. */
interface Wanted {
  readonly id: SessionId
  readonly after: number
  readonly callbacks: Array<Callback>
  /** How many read the session. */
  readonly readers: () => number
}

/** Lets sockets drain, their readers ask for more, and requests come in. */
const nextTurn = Effect.async<void>((resume) => {
  // eslint-disable-next-line house/no-clock -- a turn of Node's event loop, which takes no time of anybody's clock
  setImmediate(() => resume(Effect.void))
})

const keyOf = (id: SessionId, after: number): string => `${id} ${after}`

export class EventFeeds extends Context.Tag("opentl/services/store/EventFeeds")<EventFeeds, {
  /** The session's feed, for the lifetime of the scope. */
  readonly open: (id: SessionId) => Effect.Effect<EventFeed, SessionNotFound | StoreError, Scope.Scope>
}>() {
  static readonly layer = Layer.scoped(
    EventFeeds,
    Effect.gen(function*() {
      const bus = yield* EventBus
      const tasks = yield* BackgroundTasks
      const blocks = yield* EventBlocks.make
      const { head } = yield* EventPages.make
      /** The feeds whose bell has rung since their log's end was read. */
      const rung = new Set<Following>()
      /** By session and cursor. */
      const wanted = new Map<string, Wanted>()
      /** Rings when there is something to read. */
      const work = Bell.make()

      const follow = Effect.fnUntraced(function*(id: SessionId) {
        const bell = yield* bus.bell(id)
        const listeners = new Set<() => void>()
        const readers = () => listeners.size
        const announce = () => listeners.forEach((call) => call())
        let seen = bell.strokes()
        let isClosed = false
        let end = yield* head(id)

        /** Takes what a ring brought, if it follows what is known. */
        const take = (lines: FreshLines.FreshLines): boolean => {
          const blocksOfLines = lines.after === end.last_event_id ? FreshLines.blocksOf(lines) : undefined
          if (blocksOfLines === undefined) return false
          for (const block of blocksOfLines) blocks.hold(id, block, readers())
          end = { last_event_id: lines.after + lines.lines.length, status: "running" }
          seen = bell.strokes()
          announce()
          return true
        }

        const feed: Following = {
          last: () => end.last_event_id,
          // after a follow-up, an end that was read before it is no end
          isOver: () => isClosed || isEnd(end.status) && seen === bell.strokes(),
          held: (after) => blocks.held(id, after),
          want: (after, callback) => {
            const key = keyOf(id, after)
            const known = wanted.get(key)
            if (known !== undefined) return void known.callbacks.push(callback)
            wanted.set(key, { id, after, callbacks: [callback], readers })
            work.ring()
          },
          listen: (callback) => {
            listeners.add(callback)
            return () => void listeners.delete(callback)
          },
          refresh: Effect.gen(function*() {
            const [strokes, before] = [bell.strokes(), end.last_event_id]
            const found = yield* Effect.catchTag(head(id), "SessionNotFound", () => Effect.succeed(end))
            // lines came meanwhile, and their ring
            if (found.last_event_id < end.last_event_id) return
            end = found
            seen = strokes
            // readers find it in memory; if it cannot be read, each of them says so
            if (end.last_event_id > before) yield* Effect.ignore(blocks.read(id, before, readers()))
            if (end.last_event_id > before || isEnd(end.status)) announce()
          })
        }
        const heard = (lines?: FreshLines.FreshLines) => {
          // what is being read may be older than the lines
          if (lines !== undefined && !rung.has(feed) && take(lines)) return
          rung.add(feed)
          work.ring()
        }
        yield* Effect.acquireRelease(Effect.sync(() => bell.listen(heard)), (leave) =>
          Effect.sync(() => {
            leave()
            rung.delete(feed)
            // the server stops: readers leave
            isClosed = true
            announce()
          }))
        if (seen !== bell.strokes()) heard()
        return feed
      })

      /** Reads the end of each log whose bell has rung. What rings meanwhile is read in the next round. */
      const refreshAll = Effect.suspend(() =>
        Effect.forEach(Array.from(rung), (feed) => {
          rung.delete(feed)
          // its bell rings again in 5 seconds
          return Effect.catchAll(feed.refresh, logStoreError)
        }, { discard: true })
      )
      /**
       * Of each session, reads what the readers furthest behind want. Those ahead wait for them, so that all come to need the
       * same blocks at the same time, however little of a long log is held in memory: 100 000 events to 50 readers took a third
       * of the time.
       */
      const readOldest = Effect.suspend(() => {
        const oldest = new Map<SessionId, Wanted>()
        for (const each of wanted.values()) {
          if (each.after < (oldest.get(each.id)?.after ?? Infinity)) oldest.set(each.id, each)
        }
        return Effect.forEach(
          oldest.values(),
          ({ after, callbacks, id, readers }) =>
            Effect.map(Effect.either(blocks.read(id, after, readers())), (read) => {
              wanted.delete(keyOf(id, after))
              callbacks.forEach((call) => call(read))
            }),
          { discard: true }
        )
      })
      const round = Effect.suspend(() => {
        const strokes = work.strokes()
        const isReading = wanted.size > 0
        // A reader whose socket takes everything wants the next block at once: without a turn in between it would have the whole
        // log before anybody else is heard.
        const wait = Effect.suspend(() => isReading || wanted.size > 0 ? nextTurn : work.after(strokes))
        return Effect.zipRight(readOldest, Effect.zipRight(refreshAll, wait))
      })
      yield* tasks.run("event feeds", Effect.forever(round))

      const feeds = yield* RcMap.make({ lookup: follow })

      return EventFeeds.of({ open: (id) => RcMap.get(feeds, id) })
    })
  )
}
