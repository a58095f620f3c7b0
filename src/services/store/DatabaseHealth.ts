/** Whether the database can be written now, for `/ready` and the doctor. */
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

/** At most one attempt is made in this time. */
const tryEvery = "1 second"

export class DatabaseHealth extends Context.Tag("opentl/services/store/DatabaseHealth")<DatabaseHealth, {
  /** Writes a few bytes; fails with the reason, and since when it applies. */
  readonly check: Effect.Effect<void, DatabaseUnusable>
}>() {}

/** Checks the client whose failures are reported to `state`. */
export const make = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, state: DatabaseState) {
  // nobody uses the header's user version, and writing it costs one page
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
