/** The data directory's SQLite file (WAL), migrated to this version's schema. */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { AppConfig } from "../config/AppConfig.ts"
import * as DatabaseFile from "./DatabaseFile.ts"
import * as DatabaseHealth from "./DatabaseHealth.ts"
import * as DatabaseState from "./DatabaseState.ts"
import sessions from "./migrations/0001_sessions.ts"
import chat from "./migrations/0002_chat.ts"
import lists from "./migrations/0003_lists.ts"
import verification from "./migrations/0004_verification.ts"
import budgets from "./migrations/0005_budgets.ts"
import reviewParts from "./migrations/0006_review_parts.ts"
import baseChecksAnew from "./migrations/0007_base_checks_anew.ts"
import { StoreError } from "./StoreError.ts"

const migrate = Migrator.make({})({
  loader: Migrator.fromRecord({
    "0001_sessions": sessions,
    "0002_chat": chat,
    "0003_lists": lists,
    "0004_verification": verification,
    "0005_budgets": budgets,
    "0006_review_parts": reviewParts,
    "0007_base_checks_anew": baseChecksAnew
  })
})

const open = (filename: string) =>
  Effect.gen(function*() {
    const state = yield* DatabaseState.make
    const sql = yield* DatabaseFile.make(filename, state)
    yield* Effect.provideService(migrate, SqlClient.SqlClient, sql)
    yield* state.watch
    const health = yield* DatabaseHealth.make(sql, state)
    return Context.make(SqlClient.SqlClient, sql).pipe(Context.add(DatabaseHealth.DatabaseHealth, health))
  }).pipe(
    // the migrator reports a failed migration as a defect
    Effect.catchAllDefect(Effect.fail),
    Effect.mapError((cause) => new StoreError({ operation: `open its database ${filename}`, cause }))
  )

const migrated = (filename: string): Layer.Layer<SqlClient.SqlClient | DatabaseHealth.DatabaseHealth, StoreError> =>
  Layer.provide(Layer.scopedContext(open(filename)), Reactivity.layer)

/** `<data dir>/opentl.db` */
export const layer = Layer.unwrapEffect(Effect.map(AppConfig, ({ dataDir }) => migrated(`${dataDir}/opentl.db`)))

/** An in-memory database that lives as long as its layer. */
export const layerMemory = migrated(":memory:")
