/**
 * Reads the log: in pages, and as streams that replay stored events and continue with new ones. Each reader keeps a
 * cursor and reads after the doorbell rings, so there is no seam between replay and live, and a slow reader loses
 * nothing.
 *
 * Readers at the same cursor share one decoded page: a thousand followers of a session cost little more than one.
 */
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { SessionEventView } from "../../domain/EventText.ts"
import type { SessionId } from "../../domain/Ids.ts"
import type { SessionNotFound } from "../../domain/Session.ts"
import { isEnd, type SessionStatus } from "../../domain/Session.ts"
import { EventBus, type SessionBell } from "./EventBus.ts"
import * as EventPages from "./EventPages.ts"
import * as SharedReads from "./SharedReads.ts"
import type { StoreError } from "./StoreError.ts"

/**
 * How many events are read at once, which limits a reader's memory, and how long the synchronous driver blocks the
 * event loop.
 */
const pageSize = 500

/** How many characters of pages are cached for readers that reach the same cursor later. */
const keptCharacters = 8 * 1024 * 1024

const weigh = (events: ReadonlyArray<SessionEventView>): number =>
  events.reduce((sum, event) => sum + event.data.length, 0)

interface LogEnd {
  readonly last_event_id: number
  readonly status: SessionStatus
}

export class EventLog extends Context.Tag("opentl/services/store/EventLog")<EventLog, {
  /** Stored events after the cursor, at most `limit`. */
  readonly page: (
    id: SessionId,
    after: number,
    limit: number
  ) => Effect.Effect<ReadonlyArray<SessionEventView>, SessionNotFound | StoreError>
  /** Every event after the cursor, once and in order; ends when the session has ended and everything was emitted. */
  readonly stream: (id: SessionId, after: number) => Stream.Stream<SessionEventView, SessionNotFound | StoreError>
}>() {
  static readonly layer = Layer.effect(
    EventLog,
    Effect.gen(function*() {
      const bus = yield* EventBus
      const { head, read } = yield* EventPages.make
      // the events between a cursor and a known end of the log never change
      const pages = SharedReads.make<ReadonlyArray<SessionEventView>, StoreError>({ capacity: keptCharacters, weigh })
      const pageBetween = (id: SessionId, after: number, end: number) =>
        pages(`${id} ${after} ${end}`, read(id, after, Math.min(pageSize, end - after)))

      /** The log's end at a stroke of the bell or later. */
      const ends = new WeakMap<SessionBell, ReturnType<typeof SharedReads.make<LogEnd, SessionNotFound | StoreError>>>()
      const endAt = (id: SessionId, bell: SessionBell, stroke: number) => {
        const shared = ends.get(bell) ?? SharedReads.make({ capacity: 1, weigh: () => 0 })
        ends.set(bell, shared)
        return shared(String(stroke), head(id))
      }

      const stream = (id: SessionId, after: number): Stream.Stream<SessionEventView, SessionNotFound | StoreError> =>
        Stream.unwrapScoped(Effect.gen(function*() {
          const bell = yield* bus.bell(id)

          type Next = Option.Option<readonly [Chunk.Chunk<SessionEventView>, number]>
          const next = (cursor: number): Effect.Effect<Next, SessionNotFound | StoreError> =>
            Effect.gen(function*() {
              while (!bell.isClosed()) {
                // read the stroke first, then the log: what arrives in between rings again
                const stroke = bell.strokes()
                const { last_event_id: end, status } = yield* endAt(id, bell, stroke)
                if (end > cursor) {
                  const events = yield* pageBetween(id, cursor, end)
                  return Option.map(
                    Option.fromNullable(events[events.length - 1]),
                    (last) => [Chunk.unsafeFromArray(events), last.id] as const
                  )
                }
                if (isEnd(status)) return Option.none()
                yield* bell.after(stroke)
              }
              return Option.none()
            })
          yield* endAt(id, bell, bell.strokes())
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
