// Lines that a sandbox's command prints, and what it costs at least to store them.

import { join } from "node:path"
import Database from "../../scripts/support/sqlite.mjs"

const text = "line %.0f of the agent, about as long as a line of a build log is, which is a hundred bytes or so"

/** A shell command that prints so many lines, fast. */
export const printLines = (count) => `seq -f '${text}' 1 ${count}`

/** The bytes of those lines. */
export const lineBytes = (count) =>
  Array.from({ length: count }, (_, index) => text.replace("%.0f", String(index + 1)).length + 1)
    .reduce((sum, size) => sum + size, 0)

/** Lines that one transaction holds. */
const batch = 500

/**
 * Stores the lines of so many sessions with prepared statements: rows as the program's, a transaction for each batch, the
 * session's row brought up to date in it. Returns lines a second and seconds of CPU for 100 000 lines.
 */
export const storeLines = (directory, { count, sessions = 1 }) => {
  const db = new Database(join(directory, `floor-${process.hrtime.bigint()}.db`))
  db.pragma("journal_mode = WAL")
  db.exec(`
    CREATE TABLE sessions (id TEXT PRIMARY KEY, last_event_id INTEGER, updated_at TEXT);
    CREATE TABLE session_events (
      id INTEGER NOT NULL, session_id TEXT NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL, created_at TEXT NOT NULL,
      detail TEXT, PRIMARY KEY (session_id, id)
    ) WITHOUT ROWID`)
  const open = db.prepare("INSERT INTO sessions VALUES (?, 0, '')")
  const insert = db.prepare("INSERT INTO session_events VALUES (?, ?, 'output', ?, ?, ?)")
  const mark = db.prepare("UPDATE sessions SET last_event_id = ?, updated_at = ? WHERE id = ?")
  const ids = Array.from({ length: sessions }, (_, index) => index.toString(16).padStart(12, "0"))
  for (const id of ids) open.run(id)
  const store = db.transaction((id, from, to) => {
    const now = new Date().toISOString()
    for (let line = from + 1; line <= to; line++) {
      const detail = `{"_tag":"OutputWritten","v":1,"turn":1,"round":1,"line":${line}}`
      insert.run(line, id, text.replace("%.0f", String(line)), now, detail)
    }
    mark.run(to, now, id)
  })
  const [cpu, startedAt] = [process.cpuUsage(), performance.now()]
  for (let from = 0; from < count; from += batch) {
    for (const id of ids) store(id, from, Math.min(count, from + batch))
  }
  const seconds = (performance.now() - startedAt) / 1000
  const { system, user } = process.cpuUsage(cpu)
  db.close()
  const lines = count * sessions
  return { rate: lines / seconds, cpu: (user + system) / 1e6 / lines * 100_000 }
}
