/** Lists by repository, alone and with a status, read no more rows than they return, however many sessions there are. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE INDEX IF NOT EXISTS sessions_by_repo ON sessions (repo, position)`
  yield* sql`CREATE INDEX IF NOT EXISTS sessions_by_repo_and_status ON sessions (repo, status, position)`
})
