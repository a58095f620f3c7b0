// Fills a database with history. Every row is a copy of one that the program itself wrote, under another id, so that this
// knows nothing of a row but what it changes.

import { join } from "node:path"
import { setImmediate as breathe } from "node:timers/promises"
import Database from "../../scripts/support/sqlite.mjs"

/** So many rows a transaction. */
const batch = 20_000

/** Opens the database of a data directory that nobody uses. */
export const openDatabase = (dataDir) => new Database(join(dataDir, "opentl.db"))

/** Closes it with everything in the one file. */
export const closeDatabase = (db) => {
  db.pragma("wal_checkpoint(TRUNCATE)")
  db.close()
}

const inserter = (db, table) => {
  const columns = db.pragma(`table_info(${table})`).map(({ name }) => name)
  const statement = db.prepare(`INSERT INTO ${table} (${columns}) VALUES (${columns.map(() => "?")})`)
  return (row) => statement.run(columns.map((column) => row[column]))
}

/** Runs `each` for 0 … count - 1, a transaction for many of them; others may run in between. */
const inBatches = async (db, count, each) => {
  for (let from = 0; from < count; from += batch) {
    db.transaction(() => {
      for (let index = from; index < Math.min(count, from + batch); index++) each(index)
    })()
    await breathe()
  }
}

/** The id of the copy with this number: spread over all prefixes, as random ids are, and each one once. */
export const idOf = (index) => ((index * 2_654_435_761 + 1) % 2 ** 40).toString(16).padStart(10, "0") + "00"

/**
 * Copies a session `count` times, events included. `change` may change a copy's row and the object of its summary;
 * `first` numbers the first copy. Returns the ids.
 */
export const copySessions = async (db, id, { change = () => ({}), count, first = 0 }) => {
  const session = db.prepare("SELECT * FROM sessions WHERE id = ?").get(id)
  const rows = db.prepare("SELECT * FROM session_events WHERE session_id = ? ORDER BY id").all(id)
  const { last } = db.prepare("SELECT MAX(position) AS last FROM sessions").get()
  const [insertSession, insertEvent] = [inserter(db, "sessions"), inserter(db, "session_events")]
  const ids = []
  await inBatches(db, count, (index) => {
    const copy = idOf(first + index)
    const renamed = (text) => typeof text === "string" ? text.replaceAll(id, copy) : text
    const { repo } = change(index)
    const moved = repo === undefined ? renamed : (text) => {
      const named = renamed(text)
      return typeof named === "string" ? named.replaceAll(session.repo, repo) : named
    }
    insertSession({
      ...Object.fromEntries(Object.entries(session).map(([column, value]) => [column, moved(value)])),
      position: last + index + 1
    })
    for (const row of rows) insertEvent({ ...row, session_id: copy, data: moved(row.data), detail: moved(row.detail) })
    ids.push(copy)
  })
  return ids
}

/**
 * Puts `count` lines of output into a session that has at least one, behind its last line; events after that are numbered on.
 * `textOf` makes the line with this number.
 */
export const addOutput = async (db, id, { count, textOf }) => {
  const select = db.prepare(
    "SELECT * FROM session_events WHERE session_id = ? AND type = 'output' ORDER BY id DESC LIMIT 1"
  )
  const template = select.get(id)
  if (template === undefined) throw new Error(`session ${id} has no line of output to copy`)
  const detail = JSON.parse(template.detail)
  // over a number that nobody has: ids are unique at each single change
  const far = 2 ** 40
  const shift = db.prepare("UPDATE session_events SET id = id + ? WHERE session_id = ? AND id > ?")
  db.transaction(() => {
    shift.run(far, id, template.id)
    shift.run(count - far, id, far)
    db.prepare("UPDATE sessions SET last_event_id = last_event_id + ?, log_line = log_line + ? WHERE id = ?")
      .run(count, count, id)
  })()
  const insert = inserter(db, "session_events")
  await inBatches(db, count, (index) =>
    insert({
      ...template,
      id: template.id + index + 1,
      data: textOf(index),
      detail: JSON.stringify({ ...detail, line: detail.line + index + 1 })
    }))
}
