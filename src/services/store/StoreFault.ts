/**
 * What can be the matter with the database itself, as opposed to with one statement. Such a fault passes (room is made,
 * a lock is let go of), and the same statement succeeds then.
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

const words = {
  full: "the disk is full",
  readOnly: "the database file is read-only",
  locked: "another process holds the lock on the database",
  missing: "the database file is not in its directory any more",
  replaced: "another file has taken the place of the database: restart opentl to go on with that one",
  damaged: "the database file is damaged",
  unopenable: "the database file cannot be opened: its directory has to be there, and writable",
  unusable: "the disk fails to read or write the database file"
} as const

export type StoreFault = keyof typeof words

/** As the end of a sentence. */
export const describe = (fault: StoreFault): string => words[fault]

/** Result codes of SQLite, extended ones too, and the system's. Source: sqlite.org/rescode.html. */
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

/** Errors wrap errors; so many layers are looked through. */
const deepest = 8

/** The fault that an error comes from, however deep; none where the database itself is well. */
export const of = (error: unknown, depth = 0): StoreFault | undefined => {
  if (!Predicate.isRecord(error) || depth > deepest) return undefined
  if (isDatabaseMoved(error)) return error.fault
  const { cause, code } = error
  const known = typeof code === "string" ? codes.find(([prefix]) => code.startsWith(prefix)) : undefined
  return known?.[1] ?? of(cause, depth + 1)
}

/** Whether a connection that has met this fault has to be opened anew before it works again. */
export const needsReopening = (fault: StoreFault | undefined): boolean =>
  fault === "readOnly" || fault === "damaged" || fault === "unopenable" || fault === "unusable"

/** What the driver itself says, for the log. */
export const driverWords = (error: unknown, depth = 0): string => {
  if (!Predicate.isRecord(error) || depth > deepest) return String(error)
  const { cause, code, message } = error
  if (typeof code === "string") return `${code}: ${String(message)}`
  return cause === undefined ? String(message) : driverWords(cause, depth + 1)
}
