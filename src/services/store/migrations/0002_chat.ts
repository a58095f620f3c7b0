/**
 * What the bots must remember: which thread belongs to which session, defaults, cursors, and which deliveries were
 * seen.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE chat_memory (
    platform TEXT NOT NULL,
    place TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (platform, place, name)
  ) WITHOUT ROWID`
  yield* sql`CREATE INDEX chat_memory_by_age ON chat_memory (platform, name, updated_at)`
})
