/**
 * Writes a session's events to one client's response: blocks that all its readers share, as fast as the socket takes
 * them. This is the hot path of event streams, and it is plain callbacks of Node's: a block is written when the socket
 * has drained or the log has grown, in place of a stream's dozen of operators for each, and no fiber waits for it.
 *
 * Processor time of the server for 20 000 stored events to 50 clients: 1.6 s with a `Stream` over the same blocks, 0.6 s this
 * way, 0.2 s for bare `node:http` that has the bytes.
 *
 * There is never more than one block waiting for a slow client, who continues from the log when the socket drains.
 */
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
  /** Called once: when the client has everything and the feed is over, or when it cannot be read. */
  readonly onDone: (result: Either.Either<void, StoreError>) => void
}

/** Writes until all is written, or the returned function is called; `onDone` is not called after that. */
export const write = ({ after, feed, onDone, response, scheduler }: EventWriterOptions): () => void => {
  let cursor = after
  let state: "idle" | "scheduled" | "reading" | "done" = "idle"
  /** The block that was read for this client. It may be gone from memory before the client's turn comes. */
  let own: EventBlock | undefined

  /** Writes what is in memory until the socket is full. */
  const advance = () => {
    if (state === "reading" || state === "done") return
    state = "idle"
    while (!response.writableNeedDrain && !response.destroyed) {
      if (cursor >= feed.last()) return feed.isOver() ? finish(Either.void) : undefined
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
    if (Either.isLeft(result)) return finish(Either.left(result.left))
    own = result.right
    soon()
  }
  const leave = () => {
    state = "done"
    own = undefined
    ignore()
    response.off("drain", advance)
  }
  const finish = (result: Either.Either<void, StoreError>) => {
    leave()
    onDone(result)
  }

  const ignore = feed.listen(soon)
  response.on("drain", advance)
  soon()
  return leave
}
