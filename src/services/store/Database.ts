/** The SQL client over the data directory's one SQLite file (WAL), migrated to this version's shape. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqliteMigrator from "@effect/sql-sqlite-node/SqliteMigrator"
import * as Migrator from "@effect/sql/Migrator"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { AppConfig } from "../config/AppConfig.ts"
import sessions from "./migrations/0001_sessions.ts"
import chat from "./migrations/0002_chat.ts"
import { StoreError } from "./StoreError.ts"

const migrations = SqliteMigrator.layer({
  loader: Migrator.fromRecord({ "0001_sessions": sessions, "0002_chat": chat })
})

const migrated = (filename: string): Layer.Layer<SqlClient.SqlClient, StoreError> =>
  migrations.pipe(
    Layer.provideMerge(SqliteClient.layer({ filename })),
    Layer.provide(NodeContext.layer),
    Layer.mapError((cause) => new StoreError({ operation: `open its database ${filename}`, cause })),
    // the driver throws where the file cannot be opened at all
    Layer.catchAllCause((cause) => Layer.fail(new StoreError({ operation: `open its database ${filename}`, cause })))
  )

/** `<data dir>/opentl.db` */
export const layer = Layer.unwrapEffect(Effect.map(AppConfig, ({ dataDir }) => migrated(`${dataDir}/opentl.db`)))

/** A database that lives as long as its layer. */
export const layerMemory = migrated(":memory:")
