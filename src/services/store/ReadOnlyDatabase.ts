/**
 * The database for a process that does not own the data directory, beside its owner or while there is none. Nothing is
 * written, migrated or locked.
 */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { StoreError } from "./StoreError.ts"

/**
 * Probes everything that is read here. A database of an older version lacks some of it until its owner has migrated it.
 */
const probe = (sql: SqlClient.SqlClient) =>
  Effect.all([
    sql`SELECT id, summary, position, last_event_id FROM sessions LIMIT 0`,
    sql`SELECT session_id, id, type, data, detail FROM session_events LIMIT 0`,
    sql`SELECT session_id, patch FROM session_diffs LIMIT 0`,
    sql`SELECT session_id, report FROM session_verifications LIMIT 0`
  ])

/** Fails with `StoreError` if there is no database, or one that this version cannot read. */
export const layer = (filename: string): Layer.Layer<SqlClient.SqlClient, StoreError> =>
  Layer.scoped(
    SqlClient.SqlClient,
    Effect.tap(SqliteClient.make({ filename, readonly: true, disableWAL: true }), probe).pipe(
      // the driver throws if the file cannot be opened
      Effect.catchAllDefect(Effect.fail),
      Effect.mapError((cause) => new StoreError({ operation: `read its database ${filename}`, cause }))
    )
  ).pipe(Layer.provide(Reactivity.layer))
