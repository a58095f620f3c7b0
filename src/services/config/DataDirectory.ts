/**
 * The data directory and its one owner. A kernel lock on `owner.lock` shows whether there is an owner: it disappears
 * with its process, however that ends. `owner.json` beside it says who. (That is not in the lock file itself, because a
 * process that closes any descriptor of a file loses its locks on it.)
 */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as FileSystem from "@effect/platform/FileSystem"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { AppConfig } from "./AppConfig.ts"
import { temporaryIn } from "./DataPaths.ts"

/** Who owns a data directory. */
export const Owner = Schema.Struct({
  pid: Schema.Int,
  since: Schema.DateTimeUtc,
  /** A server, or a command that works in its own process. */
  kind: Schema.Literal("server", "embedded"),
  /** The server's URL, once it listens. */
  url: Schema.optionalWith(Schema.String, { exact: true })
})
export type Owner = typeof Owner.Type

const OwnerJson = Schema.parseJson(Owner)

/** "the server at http://127.0.0.1:7080 (process 7, since …)" */
export const describeOwner = ({ kind, pid, since, url }: Owner): string => {
  const what = kind === "server" ? `the server${url === undefined ? "" : ` at ${url}`}` : "a running opentl command"
  return `${what} (process ${pid}, since ${DateTime.formatIso(since)})`
}

/** Another process owns the data directory. */
export class DataDirectoryBusy extends Schema.TaggedError<DataDirectoryBusy>()("DataDirectoryBusy", {
  path: Schema.String,
  /** Absent between the moment that it takes the directory and the moment that it writes its record. */
  owner: Schema.optional(Owner)
}) {
  /** A sentence that names the directory and its owner. */
  get holder(): string {
    const { owner } = this
    return `${this.path} is in use by ${owner === undefined ? "another opentl process" : describeOwner(owner)}`
  }
  override get message() {
    return this.owner === undefined
      ? this.holder
      : `${this.holder}: stop it, or set OPENTL_DATA_DIR to another directory`
  }
}

/** The file system's word for it, and SQLite's. */
const isFull = (reason: string): boolean => /\bENOSPC\b|disk is full/.test(reason)

/** The data directory cannot be created, read or written. */
export class DataDirectoryUnusable extends Schema.TaggedError<DataDirectoryUnusable>()("DataDirectoryUnusable", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return isFull(this.reason)
      ? `the disk of the data directory ${this.path} is full: free some space, then start it again`
      : `the data directory ${this.path} cannot be used (${this.reason}): set OPENTL_DATA_DIR to another directory`
  }
}

const lockFile = (path: string) => `${path}/owner.lock`
const ownerFile = (path: string) => `${path}/owner.json`

const hasCode = Predicate.hasProperty("code")
const isBusy = ({ cause }: SqlError): boolean => hasCode(cause) && cause.code === "SQLITE_BUSY"

/** Opens the lock file. A lock held by another process is an immediate error instead of a wait. */
const openLock = (path: string, options: { readonly readonly: boolean }) =>
  SqliteClient.make({ filename: lockFile(path), disableWAL: true, ...options }).pipe(
    Effect.tap((sql) => sql.unsafe("PRAGMA busy_timeout = 0")),
    Effect.provide(Reactivity.layer)
  )

/** Retries briefly: a process that checks for an owner also holds the lock for a moment. */
const aMoment = Schedule.intersect(Schedule.spaced("25 millis"), Schedule.recurs(20))

/** Writes a file atomically, readable only by its owner. */
export const writeWhole = (path: string, content: string) =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => Effect.zipRight(fs.writeFileString(`${path}.new`, content, { mode: 0o600 }), fs.rename(`${path}.new`, path))
  )

const readOwner = (path: string): Effect.Effect<Option.Option<Owner>, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    fs.readFileString(ownerFile(path)).pipe(
      Effect.flatMap(Schema.decode(OwnerJson)),
      Effect.option
    ))

/** The current owner of the data directory; none if there is no owner or no such directory. */
export const currentOwner = (path: string): Effect.Effect<Option.Option<Owner>, never, FileSystem.FileSystem> =>
  Effect.scoped(Effect.gen(function*() {
    const sql = yield* openLock(path, { readonly: true })
    return yield* Effect.as(sql.unsafe("SELECT count(*) FROM sqlite_master"), Option.none<Owner>())
  })).pipe(
    Effect.catchIf(isBusy, () => readOwner(path)),
    // the driver throws if the file does not exist
    Effect.catchAllDefect(() => Effect.succeedNone),
    Effect.orElseSucceed(() => Option.none())
  )

const lock = (
  path: string
): Effect.Effect<void, DataDirectoryBusy | DataDirectoryUnusable, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function*() {
    const sql = yield* openLock(path, { readonly: false })
    // nothing is ever written, so no journal file is needed
    yield* Effect.zipRight(sql.unsafe("PRAGMA journal_mode = MEMORY"), sql.unsafe("BEGIN EXCLUSIVE")).pipe(
      Effect.retry({ schedule: aMoment, while: isBusy })
    )
  }).pipe(
    // the driver throws if the file cannot be opened
    Effect.catchAllDefect((defect) => new DataDirectoryUnusable({ path, reason: String(defect) })),
    Effect.catchTag(
      "SqlError",
      Effect.fnUntraced(function*(error) {
        if (!isBusy(error)) return yield* new DataDirectoryUnusable({ path, reason: error.message })
        return yield* new DataDirectoryBusy({ path, owner: Option.getOrUndefined(yield* readOwner(path)) })
      })
    )
  )

export class DataDirectory extends Context.Tag("opentl/services/config/DataDirectory")<DataDirectory, {
  /** Absolute. */
  readonly path: string
  /** Publishes this process's URL. */
  readonly announce: (url: string) => Effect.Effect<void, DataDirectoryUnusable>
}>() {
  /** Creates the directory if necessary and owns it for the lifetime of the layer. */
  static readonly layer = (kind: Owner["kind"]): Layer.Layer<
    DataDirectory,
    DataDirectoryBusy | DataDirectoryUnusable,
    AppConfig | FileSystem.FileSystem
  > =>
    Layer.scoped(
      DataDirectory,
      Effect.gen(function*() {
        const { dataDir: path } = yield* AppConfig
        const fs = yield* FileSystem.FileSystem
        const usable = Effect.mapError((error: { readonly message: string }) =>
          new DataDirectoryUnusable({ path, reason: error.message })
        )
        yield* usable(fs.makeDirectory(path, { recursive: true, mode: 0o700 }))
        yield* usable(fs.access(path, { readable: true, writable: true }))
        yield* lock(path)
        // there is only one owner, so these files were left by a killed process
        yield* Effect.ignoreLogged(fs.remove(temporaryIn(path), { recursive: true, force: true }))
        // eslint-disable-next-line house/no-process -- the owner is named by its process id
        const owner: Owner = { pid: process.pid, since: yield* DateTime.now, kind }
        const write = (owner: Owner) =>
          Schema.encode(OwnerJson)(owner).pipe(
            Effect.flatMap((text) => writeWhole(ownerFile(path), text)),
            usable,
            Effect.provideService(FileSystem.FileSystem, fs)
          )
        yield* Effect.acquireRelease(write(owner), () => Effect.ignore(fs.remove(ownerFile(path))))
        return DataDirectory.of({
          path,
          announce: Effect.fn("DataDirectory.announce")((url) => write({ ...owner, url }))
        })
      })
    )
}
