/** What every reader of the log asks the database: where a session's log ends, and pages of its events. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { publicDetail } from "../../domain/EventText.ts"
import type { SessionId } from "../../domain/Ids.ts"
import { SessionNotFound } from "../../domain/Session.ts"
import * as SessionQueries from "./SessionQueries.ts"
import { toView } from "./SessionRows.ts"
import { StoreError } from "./StoreError.ts"

const failing = (operation: string) => Effect.mapError((cause: unknown) => new StoreError({ operation, cause }))

export const make = Effect.map(SessionQueries.make, (queries) => ({
  /** Where the log ends now, and the session's status. */
  head: (id: SessionId) =>
    queries.head(id).pipe(
      failing("read a session"),
      Effect.flatMap(Option.match({ onNone: () => new SessionNotFound({ id }), onSome: Effect.succeed }))
    ),
  /** At most `limit` events after the cursor, in order. */
  read: (id: SessionId, after: number, limit: number) =>
    queries.page({ id, after, limit }).pipe(
      failing("read events"),
      Effect.map((rows) => rows.map((row) => toView(row, publicDetail)))
    )
}))
