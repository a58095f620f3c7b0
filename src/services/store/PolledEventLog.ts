/** The log as a process reads it that is not told when it grows: it looks again and again. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { publicDetail, type SessionEventView } from "../../domain/EventText.ts"
import type { SessionId } from "../../domain/Ids.ts"
import { isEnd, SessionNotFound } from "../../domain/Session.ts"
import { EventLog } from "./EventLog.ts"
import * as SessionQueries from "./SessionQueries.ts"
import { toView } from "./SessionRows.ts"
import { StoreError } from "./StoreError.ts"

/** How long an event may be there without being seen. */
const interval = "200 millis"

const pageSize = 500

export const layer = Layer.effect(
  EventLog,
  Effect.gen(function*() {
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

    type Next = Option.Option<readonly [Chunk.Chunk<SessionEventView>, number]>
    const next = (id: SessionId) => (cursor: number): Effect.Effect<Next, SessionNotFound | StoreError> =>
      Effect.gen(function*() {
        // the session's end first: what is read after it is all that there is
        const { status } = yield* head(id)
        const events = yield* read(id, cursor, pageSize)
        const last = events.at(-1)
        if (last !== undefined) return Option.some([Chunk.unsafeFromArray(events), last.id] as const)
        if (isEnd(status)) return Option.none()
        return yield* Effect.zipRight(Effect.sleep(interval), next(id)(cursor))
      })

    return EventLog.of({
      page: Effect.fn("PolledEventLog.page")((id, after, limit) => Effect.zipRight(head(id), read(id, after, limit))),
      stream: (id, after) => Stream.unwrap(Effect.as(head(id), Stream.unfoldChunkEffect(after, next(id))))
    })
  })
)
