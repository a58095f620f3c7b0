/**
 * The data directory's database as a process sees it that does not own it: read beside its owner, or while it has none.
 * Nothing is written, migrated or locked.
 */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { StoreError } from "./StoreError.ts"

/** What is read here. A database of an older version does not have all of it, until its owner has brought it up to date. */
const probe = (sql: SqlClient.SqlClient) =>
  Effect.all([
    sql`SELECT id, summary, position, last_event_id FROM sessions LIMIT 0`,
    sql`SELECT session_id, id, type, data, detail FROM session_events LIMIT 0`,
    sql`SELECT session_id, patch FROM session_diffs LIMIT 0`
  ])

/** Fails with `StoreError` where there is no database, or one that this version cannot read. */
export const layer = (filename: string): Layer.Layer<SqlClient.SqlClient, StoreError> =>
  Layer.scoped(
    SqlClient.SqlClient,
    Effect.tap(SqliteClient.make({ filename, readonly: true, disableWAL: true }), probe).pipe(
      // the driver throws where the file cannot be opened
      Effect.catchAllDefect(Effect.fail),
      Effect.mapError((cause) => new StoreError({ operation: `read its database ${filename}`, cause }))
    )
  ).pipe(Layer.provide(Reactivity.layer))
