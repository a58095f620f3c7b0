/** The log for a process that is not notified when it grows: it polls. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { SessionEventView } from "../../domain/EventText.ts"
import type { SessionId } from "../../domain/Ids.ts"
import type { SessionNotFound } from "../../domain/Session.ts"
import { isEnd } from "../../domain/Session.ts"
import { EventLog } from "./EventLog.ts"
import * as EventPages from "./EventPages.ts"
import type { StoreError } from "./StoreError.ts"

/** How long an event may stay unnoticed. */
const interval = "200 millis"

const pageSize = 500

export const layer = Layer.effect(
  EventLog,
  Effect.gen(function*() {
    const { head, read } = yield* EventPages.make

    type Next = Option.Option<readonly [Chunk.Chunk<SessionEventView>, number]>
    const next = (id: SessionId) => (cursor: number): Effect.Effect<Next, SessionNotFound | StoreError> =>
      Effect.gen(function*() {
        // check for the session's end first: what is read after that is everything
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
