/** Each session's newest verification with whole tails, and how the checks of base commits ended. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE session_verifications (
    session_id TEXT PRIMARY KEY REFERENCES sessions(id),
    report TEXT NOT NULL
  )`
  yield* sql`CREATE TABLE base_checks (
    repo TEXT NOT NULL,
    base_commit TEXT NOT NULL,
    command TEXT NOT NULL,
    sandbox TEXT NOT NULL,
    ended TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (repo, base_commit, command, sandbox)
  ) WITHOUT ROWID`
})
