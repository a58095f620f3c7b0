/**
 * Forgets how checks ended on bases. They were run there without those before them, whose files they may need, so a failure
 * there may have been one of the order.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DELETE FROM base_checks`
})
