/** Reads the events of a session that are stored by now. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Session } from "../domain/Session.ts"
import type { Reading } from "./Program.ts"

const pageSize = 1000

/** The events after the cursor that are stored by now. */
export const storedEvents = ({ sessions }: Reading, session: Session, after: number) =>
  Stream.paginateChunkEffect(
    after,
    (cursor) =>
      Effect.map(sessions.eventsPage(session.id, cursor, pageSize), (events) => {
        const last = events.at(-1)?.id ?? session.lastEventId
        return [
          Chunk.unsafeFromArray(events),
          last < session.lastEventId ? Option.some(last) : Option.none()
        ] as const
      })
  )
