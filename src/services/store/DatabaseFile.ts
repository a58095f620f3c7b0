/**
 * The SQL client for one SQLite file, with one connection. It survives whatever happens to the file: a statement that
 * meets another process's lock is retried without blocking the event loop; a broken connection is reopened; and nothing
 * is written to a file that was moved or deleted, where it would be lost.
 */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import * as SqlError from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

// eslint-disable-next-line house/no-builtins -- checked between two synchronous statements: meanwhile the file could go
import { statSync } from "node:fs"
import type { DatabaseState } from "./DatabaseState.ts"
import * as StoreFault from "./StoreFault.ts"
import * as Transaction from "./Transaction.ts"

/** How long to wait for another process's lock, in short retries; then it is an error. */
const whileLocked = Schedule.exponential("5 millis", 1.5).pipe(
  Schedule.union(Schedule.spaced("100 millis")),
  Schedule.jittered,
  Schedule.upTo("2 seconds")
)

/** A broken connection is reopened at most this often, in milliseconds. */
const reopenEvery = Duration.toMillis("250 millis")

/** The name for which SQLite creates an in-memory database. */
const memory = ":memory:"

const failed = (message: string) => (cause: unknown) => new SqlError.SqlError({ cause, message })

/** The driver throws if it cannot open a file or prepare a statement. */
const thrown = (message: string) => Effect.catchAllDefect((cause: unknown) => failed(message)(cause))

/** The identity of the file at this path; undefined if there is none. */
const fileAt = (filename: string): Effect.Effect<string | undefined, SqlError.SqlError> =>
  Effect.try({
    try: () => {
      const found = statSync(filename, { bigint: true, throwIfNoEntry: false })
      return found === undefined ? undefined : `${found.dev}:${found.ino}`
    },
    catch: failed("Failed to look at the database file")
  })

interface Opened {
  readonly connection: Connection
  readonly file: string | undefined
  readonly close: Effect.Effect<void>
}

const open = (filename: string): Effect.Effect<Opened, SqlError.SqlError, Reactivity.Reactivity> =>
  Effect.uninterruptible(Effect.gen(function*() {
    const scope = yield* Scope.make()
    // what a full disk keeps from being checkpointed now is in the WAL, and is written back later
    const close = Effect.catchAllCause(
      Scope.close(scope, Exit.void),
      (cause) => Effect.logDebug("the database was not closed in order", cause)
    )
    return yield* Effect.gen(function*() {
      const sql = yield* SqliteClient.make({ filename, disableWAL: true })
      // the driver's own waiting would block the whole process
      yield* sql`PRAGMA busy_timeout = 0`
      yield* Effect.retry(sql`PRAGMA journal_mode = WAL`, { schedule: whileLocked, while: Transaction.isLocked })
      const file = filename === memory ? undefined : yield* fileAt(filename)
      return { connection: yield* Effect.scoped(sql.reserve), file, close }
    }).pipe(
      thrown("Failed to open the database"),
      Scope.extend(scope),
      Effect.onError(() => close)
    )
  }))

/** Opens the file, and creates it if necessary. */
export const make = Effect.fnUntraced(function*(filename: string, state: DatabaseState) {
  const reactivity = yield* Reactivity.Reactivity
  const gate = yield* Effect.makeSemaphore(1)
  const first = yield* open(filename)
  const held = yield* Ref.make<{
    readonly opened: Opened
    /** A fault of the connection, which is reopened before its next use. */
    readonly broken: SqlError.SqlError | undefined
    readonly isClosed: boolean
    readonly reopenAt: number
  }>({ opened: first, broken: undefined, isClosed: false, reopenAt: 0 })
  yield* Effect.addFinalizer(() => Effect.flatMap(Ref.get(held), ({ opened }) => opened.close))

  /** Checks that the file at the path is still the one that was opened first. */
  const inPlace = Effect.gen(function*() {
    const file = yield* fileAt(filename)
    if (file === first.file) return
    const fault = file === undefined ? "missing" : "replaced"
    return yield* new SqlError.SqlError({
      cause: new StoreFault.DatabaseMoved({ filename, fault }),
      message: "The file is gone"
    })
  })

  const reopened = Effect.gen(function*() {
    const before = yield* Ref.get(held)
    const now = yield* Clock.currentTimeMillis
    if (before.broken === undefined) return before.opened
    if (now < before.reopenAt) return yield* before.isClosed ? before.broken : Effect.succeed(before.opened)
    yield* before.opened.close
    const reopenAt = now + reopenEvery
    const opened = yield* open(filename).pipe(
      Effect.provideService(Reactivity.Reactivity, reactivity),
      Effect.tapError((broken) => Ref.set(held, { ...before, broken, isClosed: true, reopenAt }))
    )
    yield* Ref.set(held, { opened, broken: undefined, isClosed: false, reopenAt })
    return opened
  })

  /** The connection, working and checked. Only for holders of the permit. */
  const acquire = filename === memory
    ? Effect.succeed(first.connection)
    : Effect.map(Effect.zipRight(inPlace, Effect.uninterruptible(reopened)), ({ connection }) => connection)

  const breaks = (broken: SqlError.SqlError) => Ref.update(held, (now) => ({ ...now, broken }))

  const watched = <A>(statement: () => Effect.Effect<A, SqlError.SqlError>) =>
    Effect.suspend(statement).pipe(
      thrown("Failed to prepare a statement"),
      Effect.tapError((error) => StoreFault.needsReopening(StoreFault.of(error)) ? breaks(error) : Effect.void)
    )

  /** Runs a single statement, never between those of a transaction. */
  const alone = <A>(statement: (connection: Connection) => Effect.Effect<A, SqlError.SqlError>) => {
    const once = gate.withPermits(1)(
      Effect.flatMap(acquire, (connection) => watched(() => statement(connection)))
    )
    const again = Effect.retry(once, { schedule: whileLocked, while: Transaction.isLocked })
    return Effect.catchIf(once, Transaction.isLocked, () => again).pipe(Effect.tapError(state.failed))
  }

  const connectionOf = (use: typeof alone): Connection => ({
    execute: (sql, params, transform) => use((connection) => connection.execute(sql, params, transform)),
    executeRaw: (sql, params) => use((connection) => connection.executeRaw(sql, params)),
    executeStream: () => Stream.dieMessage("SQLite's driver streams nothing: read pages"),
    executeValues: (sql, params) => use((connection) => connection.executeValues(sql, params)),
    executeUnprepared: (sql, params, transform) =>
      use((connection) => connection.executeUnprepared(sql, params, transform))
  })

  /** Reserves the connection for one holder. */
  const reserve = Effect.uninterruptibleMask((restore) =>
    restore(gate.take(1)).pipe(
      Effect.zipRight(Effect.addFinalizer(() => gate.release(1))),
      Effect.zipRight(acquire),
      Effect.map((connection) => connectionOf((statement) => watched(() => statement(connection))))
    )
  )

  const transaction = Transaction.make({
    reserve,
    whileLocked,
    onStuck: breaks(new SqlError.SqlError({ cause: undefined, message: "A transaction could not be rolled back" }))
  })

  const sql = yield* SqlClient.make({
    acquirer: Effect.succeed(connectionOf(alone)),
    transactionAcquirer: reserve,
    compiler: Statement.makeCompilerSqlite(),
    spanAttributes: [["db.system.name", "sqlite"]]
  })
  const withTransaction: SqlClient.SqlClient["withTransaction"] = (effect) =>
    Effect.tapBoth(transaction(effect), {
      onFailure: (error) => error instanceof SqlError.SqlError ? state.failed(error) : Effect.void,
      onSuccess: () => state.written
    })
  return Object.assign(sql, { withTransaction })
})
