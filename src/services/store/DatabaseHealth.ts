/** Whether the database can be written now, for whoever asks: `/ready`, the doctor. */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { DatabaseState } from "./DatabaseState.ts"
import * as StoreFault from "./StoreFault.ts"

/** The database cannot be written. */
export class DatabaseUnusable extends Schema.TaggedError<DatabaseUnusable>()("DatabaseUnusable", {
  reason: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

/** However often is asked, it is tried once in this time. */
const tryEvery = "1 second"

export class DatabaseHealth extends Context.Tag("opentl/services/store/DatabaseHealth")<DatabaseHealth, {
  /** Writes a few bytes; fails with what is the matter, and since when. */
  readonly check: Effect.Effect<void, DatabaseUnusable>
}>() {}

/** Over the client whose failures `state` is told of. */
export const make = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, state: DatabaseState) {
  // the header's user version is nobody's here: to write it costs one page
  const attempt = sql.withTransaction(sql`PRAGMA user_version = 0`).pipe(
    Effect.mapError((error) => new DatabaseUnusable({ reason: `cannot be written: ${StoreFault.driverWords(error)}` })),
    Effect.catchAll((unexplained) =>
      Effect.flatMap(
        state.trouble,
        Option.match({
          onNone: () => unexplained,
          onSome: ({ fault, since }) =>
            new DatabaseUnusable({ reason: `${StoreFault.describe(fault)}, since ${DateTime.formatIso(since)}` })
        })
      )
    ),
    Effect.asVoid
  )
  return DatabaseHealth.of({ check: yield* Effect.cachedWithTTL(attempt, tryEvery) })
})
