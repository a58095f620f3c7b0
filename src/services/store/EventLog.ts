/**
 * Reads the log: pages of it, and streams that replay what is stored and go on with what comes. Each reader keeps a
 * cursor and reads behind the doorbell, so there is no seam between replay and live, and a slow reader loses nothing.
 *
 * Readers that stand at the same place share one page, already decoded: a thousand followers of a session cost little
 * more than one.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Cache from "effect/Cache"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { publicDetail, type SessionEventView } from "../../domain/EventText.ts"
import type { SessionId } from "../../domain/Ids.ts"
import { isEnd, SessionNotFound } from "../../domain/Session.ts"
import { EventBus } from "./EventBus.ts"
import * as SessionQueries from "./SessionQueries.ts"
import { toView } from "./SessionRows.ts"
import { StoreError } from "./StoreError.ts"

/** Events read at once: bounds a reader's memory, and how long the synchronous driver holds the event loop. */
const pageSize = 500

/** A reader looks for itself now and then, in case a ring got lost. */
const patience = Duration.seconds(5)

/** A page is what stands between a cursor and the log's end as it was known: it never changes. */
class Page extends Data.Class<{ readonly id: SessionId; readonly after: number; readonly head: number }> {}

export class EventLog extends Context.Tag("opentl/services/store/EventLog")<EventLog, {
  /** Stored events after the cursor, at most `limit`. */
  readonly page: (
    id: SessionId,
    after: number,
    limit: number
  ) => Effect.Effect<ReadonlyArray<SessionEventView>, SessionNotFound | StoreError>
  /** Every event after the cursor, once, in order; ends when the session has ended and all was told. */
  readonly stream: (id: SessionId, after: number) => Stream.Stream<SessionEventView, SessionNotFound | StoreError>
}>() {
  static readonly layer = Layer.effect(
    EventLog,
    Effect.gen(function*() {
      yield* SqlClient.SqlClient
      const bus = yield* EventBus
      const queries = yield* SessionQueries.make
      const failing = (operation: string) => Effect.mapError((cause: unknown) => new StoreError({ operation, cause }))

      const head = (id: SessionId) =>
        queries.head(id).pipe(
          failing("read a session"),
          Effect.flatMap(Option.match({ onNone: () => new SessionNotFound({ id }), onSome: Effect.succeed }))
        )
      const read = (id: SessionId, after: number, limit: number) =>
        queries.page({ id, after, limit }).pipe(
          failing("read events"),
          Effect.map((rows) => rows.map((row) => toView(row, publicDetail)))
        )
      const pages = yield* Cache.make({
        capacity: 64,
        timeToLive: "2 seconds",
        lookup: ({ after, head, id }: Page) => read(id, after, Math.min(pageSize, head - after))
      })

      const stream = (id: SessionId, after: number): Stream.Stream<SessionEventView, SessionNotFound | StoreError> =>
        Stream.unwrapScoped(Effect.gen(function*() {
          // listen first, then read: what comes in between rings
          const bell = yield* bus.listen(id)
          // a ring, or patience at its end; a bell that is taken away (the server stops) fails the take
          const ring = Effect.exit(Effect.timeoutOption(Queue.take(bell), patience))

          type Next = Option.Option<readonly [Chunk.Chunk<SessionEventView>, number]>
          const next = (cursor: number): Effect.Effect<Next, SessionNotFound | StoreError> =>
            Effect.gen(function*() {
              const { last_event_id, status } = yield* head(id)
              if (last_event_id > cursor) {
                const events = yield* pages.get(new Page({ id, after: cursor, head: last_event_id }))
                return Option.map(
                  Option.fromNullable(events[events.length - 1]),
                  (last) => [Chunk.unsafeFromArray(events), last.id] as const
                )
              }
              if (isEnd(status)) return Option.none()
              yield* ring
              return (yield* Queue.isShutdown(bell)) ? Option.none() : yield* next(cursor)
            })
          yield* head(id)
          return Stream.unfoldChunkEffect(after, next)
        }))

      return EventLog.of({
        page: Effect.fn("EventLog.page")(function*(id, after, limit) {
          yield* head(id)
          return yield* read(id, after, limit)
        }),
        stream
      })
    })
  )
}
