/**
 * Writes a session's events to one client's response: blocks that all its readers share, as fast as the socket takes
 * them. This is the hot path of event streams, and it is plain callbacks of Node's: a block is written when the socket
 * has drained or the log has grown, in place of a stream's dozen of operators for each. The client's fiber sleeps
 * until all is written.
 *
 * Processor time of the server for 20 000 stored events to 50 clients: 1.6 s with a `Stream` over the same blocks, 0.6 s this
 * way, 0.2 s for bare `node:http` that has the bytes.
 *
 * There is never more than one block waiting for a slow client, who continues from the log when the socket drains.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scheduler from "effect/Scheduler"
import type { Writable } from "node:stream"
import { type EventBlock, framesAfter } from "../services/store/BlockCache.ts"
import type { EventFeed } from "../services/store/EventFeeds.ts"
import type { StoreError } from "../services/store/StoreError.ts"
import * as HttpMetrics from "./HttpMetrics.ts"

export interface EventWriterOptions {
  readonly feed: EventFeed
  readonly response: Writable
  /** The last event that the client has. */
  readonly after: number
  /** When there is more to write, the clients take turns with everything else. */
  readonly scheduler: Scheduler.Scheduler
}

/** Returns when the client has everything and the feed is over. */
export const write = ({ after, feed, response, scheduler }: EventWriterOptions): Effect.Effect<void, StoreError> =>
  Effect.async<void, StoreError>((resume) => {
    let cursor = after
    let state: "idle" | "scheduled" | "reading" | "done" = "idle"
    /** The block that was read for this client. It may be gone from memory before the client's turn comes. */
    let own: EventBlock | undefined

    /** Writes what is in memory until the socket is full. */
    const advance = () => {
      if (state === "reading" || state === "done") return
      state = "idle"
      while (!response.writableNeedDrain && !response.destroyed) {
        if (cursor >= feed.last()) return feed.isOver() ? finish(Effect.void) : undefined
        const block = own ?? feed.held(cursor)
        own = undefined
        if (block === undefined) {
          state = "reading"
          return feed.want(cursor, read)
        }
        response.write(framesAfter(block, cursor))
        HttpMetrics.eventsSent.unsafeUpdate(block.last - cursor, [])
        cursor = block.last
      }
    }
    const soon = () => {
      if (state !== "idle") return
      state = "scheduled"
      scheduler.scheduleTask(advance, 0)
    }
    const read = (result: Either.Either<EventBlock, StoreError>) => {
      if (state === "done") return
      state = "idle"
      if (Either.isLeft(result)) return finish(result)
      own = result.right
      soon()
    }
    const leave = () => {
      state = "done"
      own = undefined
      ignore()
      response.off("drain", advance)
    }
    const finish = (result: Effect.Effect<void, StoreError>) => {
      leave()
      resume(result)
    }

    const ignore = feed.listen(soon)
    response.on("drain", advance)
    advance()
    return Effect.sync(leave)
  })
