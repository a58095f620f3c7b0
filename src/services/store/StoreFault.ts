/**
 * Faults of the database itself, as opposed to errors of one statement. Such a fault is temporary (space is freed, a
 * lock is released), and the same statement then succeeds.
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

const words = {
  full: "the disk is full",
  readOnly: "the database file is read-only",
  locked: "another process holds the lock on the database",
  missing: "the database file is no longer in its directory",
  replaced: "another file has replaced the database: restart opentl to continue with that one",
  damaged: "the database file is damaged",
  unopenable: "the database file cannot be opened: its directory must exist and be writable",
  unusable: "the disk fails to read or write the database file"
} as const

export type StoreFault = keyof typeof words

/** The fault in words, phrased to end a sentence. */
export const describe = (fault: StoreFault): string => words[fault]

/** Result codes of SQLite, including extended ones, and error codes of the system. Source: sqlite.org/rescode.html. */
const codes: ReadonlyArray<readonly [prefix: string, fault: StoreFault]> = [
  ["SQLITE_FULL", "full"],
  ["ENOSPC", "full"],
  ["EDQUOT", "full"],
  ["SQLITE_READONLY_DBMOVED", "missing"],
  ["SQLITE_READONLY", "readOnly"],
  ["EROFS", "readOnly"],
  ["SQLITE_BUSY", "locked"],
  ["SQLITE_LOCKED", "locked"],
  ["SQLITE_PROTOCOL", "locked"],
  ["SQLITE_CORRUPT", "damaged"],
  ["SQLITE_NOTADB", "damaged"],
  ["SQLITE_IOERR", "unusable"],
  ["SQLITE_CANTOPEN", "unopenable"]
]

/** The file at the database's path is not the one that was opened. */
export class DatabaseMoved extends Schema.TaggedError<DatabaseMoved>()("DatabaseMoved", {
  filename: Schema.String,
  fault: Schema.Literal("missing", "replaced")
}) {
  override get message() {
    return `${this.filename} is ${this.fault}`
  }
}

const isDatabaseMoved = Schema.is(DatabaseMoved)

/** How many layers of wrapped errors are searched. */
const deepest = 8

/** The fault that caused an error, however deep; undefined if the database itself is healthy. */
export const of = (error: unknown, depth = 0): StoreFault | undefined => {
  if (!Predicate.isRecord(error) || depth > deepest) return undefined
  if (isDatabaseMoved(error)) return error.fault
  const { cause, code } = error
  const known = typeof code === "string" ? codes.find(([prefix]) => code.startsWith(prefix)) : undefined
  return known?.[1] ?? of(cause, depth + 1)
}

/** Whether a connection must be reopened after this fault. */
export const needsReopening = (fault: StoreFault | undefined): boolean =>
  fault === "readOnly" || fault === "damaged" || fault === "unopenable" || fault === "unusable"

/** The driver's own message, for the log. */
export const driverWords = (error: unknown, depth = 0): string => {
  if (!Predicate.isRecord(error) || depth > deepest) return String(error)
  const { cause, code, message } = error
  if (typeof code === "string") return `${code}: ${String(message)}`
  return cause === undefined ? String(message) : driverWords(cause, depth + 1)
}
