/** What a day has cost is summed up before each model call. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE INDEX usage_by_time ON session_events
    (created_at, json_extract(detail, '$.usage.cost_usd'), json_extract(detail, '$.add_usd')) WHERE type = 'usage'`
})
