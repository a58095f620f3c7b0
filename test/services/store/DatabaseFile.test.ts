/** Which file is opened, and which never is: none is made in the place of a lost one, and no other one is taken for it. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Database from "../../../src/services/store/Database.ts"
import * as StoreFault from "../../../src/services/store/StoreFault.ts"
import { itOnSmallDisk, readOnly, type SmallDisk } from "../../support/SmallDisk.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const layerOn = ({ path }: SmallDisk) =>
  Layer.fresh(Database.layer).pipe(
    Layer.provide(layerConfig({ dataDir: path })),
    Layer.provideMerge(Logger.minimumLogLevel(LogLevel.None))
  )

/** Opens the database, and closes it again. */
const openOn = (disk: SmallDisk) => Effect.scoped(Effect.asVoid(Layer.build(layerOn(disk))))

const insert = Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(sql`INSERT INTO t VALUES (1)`))
const fault = (error: unknown) => StoreFault.of(error)

describe("at the start", () => {
  itOnSmallDisk(
    "a database on a read-only disk is refused in a sentence, and opened when it can be",
    (disk) =>
      Effect.gen(function*() {
        yield* openOn(disk)
        yield* readOnly(disk, true)
        const error = yield* Effect.flip(openOn(disk))
        assert.strictEqual(
          error.message,
          `the session store failed to open its database ${disk.path}/opentl.db: ` +
            "the database file cannot be opened: its directory must exist and be writable"
        )
        yield* readOnly(disk, false)
        yield* openOn(disk)
      })
  )

  itOnSmallDisk(
    "a full disk, a directory and a file that is no database are refused in a sentence",
    (disk) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const file = `${disk.path}/opentl.db`
        yield* disk.fill
        assert.match((yield* Effect.flip(openOn(disk))).message, /: the disk is full$/)
        yield* disk.free
        yield* fs.remove(file, { force: true })
        yield* fs.makeDirectory(file)
        assert.match((yield* Effect.flip(openOn(disk))).message, /: the database file cannot be opened: its directory/)
        yield* fs.remove(file, { recursive: true })
        yield* fs.writeFileString(file, "no database\n".repeat(1000))
        assert.match((yield* Effect.flip(openOn(disk))).message, /: the database file is damaged$/)
        yield* fs.remove(file)
        yield* openOn(disk)
      })
  )
})

/** Runs a test on an open database with an empty table, into which the test inserts one row in the end. */
const whileOpen = <A, E>(
  name: string,
  test: (open: {
    readonly sql: SqlClient.SqlClient
    readonly fs: FileSystem.FileSystem
    readonly file: string
  }) => Effect.Effect<A, E, SqlClient.SqlClient>
) =>
  itOnSmallDisk(name, (disk) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE t (x)`
      yield* test({ sql, fs, file: `${disk.path}/opentl.db` })
      assert.deepStrictEqual(yield* sql`SELECT * FROM t`, [{ x: 1 }])
    }).pipe(Effect.provide(layerOn(disk))))

describe("while it is open", () => {
  whileOpen(
    "another file in its place is not written to; its own is, when that is back",
    ({ file, fs, sql }) =>
      Effect.gen(function*() {
        yield* fs.rename(file, `${file}.away`)
        yield* fs.writeFileString(file, "another")
        assert.strictEqual(fault(yield* Effect.flip(insert)), "replaced")
        assert.strictEqual(fault(yield* Effect.flip(sql`SELECT 1`)), "replaced")
        assert.strictEqual(yield* fs.readFileString(file), "another")
        yield* fs.rename(`${file}.away`, file)
        yield* insert
      })
  )

  whileOpen(
    "a connection that has to be opened anew makes no empty file in the place of a lost one",
    ({ file, fs, sql }) =>
      Effect.gen(function*() {
        yield* sql`PRAGMA query_only = ON`
        assert.strictEqual(fault(yield* Effect.flip(insert)), "readOnly")
        yield* fs.rename(file, `${file}.away`)
        assert.strictEqual(fault(yield* Effect.flip(insert)), "missing")
        assert.isFalse(yield* fs.exists(file))
        yield* fs.rename(`${file}.away`, file)
        yield* insert
      })
  )
})
