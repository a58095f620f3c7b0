/** What all sessions spent on models on a day, and what was added to that day's budget: sums over the log. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqlSchema from "@effect/sql/SqlSchema"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { StoreError } from "./StoreError.ts"

export interface DaySums {
  readonly spentUsd: number
  readonly addedUsd: number
}

export class SpentOnDay extends Context.Tag("opentl/services/store/SpentOnDay")<SpentOnDay, {
  readonly on: (
    day: { readonly begins: DateTime.Utc; readonly ends: DateTime.Utc }
  ) => Effect.Effect<DaySums, StoreError>
}>() {
  static readonly layer = Layer.effect(
    SpentOnDay,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const sums = SqlSchema.single({
        Request: Schema.Struct({ begins: Schema.String, ends: Schema.String }),
        Result: Schema.Struct({ spentUsd: Schema.Number, addedUsd: Schema.Number }),
        // `DayBudgetRaised` is of this type, too, so that one index has both
        execute: ({ begins, ends }) =>
          sql`SELECT COALESCE(SUM(json_extract(detail, '$.usage.cost_usd')), 0.0) AS spentUsd,
              COALESCE(SUM(json_extract(detail, '$.add_usd')), 0.0) AS addedUsd
            FROM session_events WHERE type = 'usage' AND created_at >= ${begins} AND created_at < ${ends}`
      })
      return SpentOnDay.of({
        on: Effect.fn("SpentOnDay.on")(({ begins, ends }) =>
          Effect.mapError(
            sums({ begins: DateTime.formatIso(begins), ends: DateTime.formatIso(ends) }),
            (cause) => new StoreError({ operation: "sum up what a day has cost", cause })
          )
        )
      })
    })
  )
}
