/**
 * The log, its projection, receipts and outbox. A database of the original OpenTL is migrated: its tables keep their
 * columns, its events are numbered 1..n within their session, and its running sessions count as interrupted.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

const createSessions = (sql: SqlClient.SqlClient) =>
  sql`CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    repo TEXT NOT NULL,
    prompt TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'pending',
    branch TEXT NOT NULL DEFAULT '',
    pr_url TEXT NOT NULL DEFAULT '',
    pr_number INTEGER NOT NULL DEFAULT 0,
    container_id TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL
  )`

const createEvents = (sql: SqlClient.SqlClient) =>
  sql`CREATE TABLE session_events (
    id INTEGER NOT NULL,
    session_id TEXT NOT NULL REFERENCES sessions(id),
    type TEXT NOT NULL,
    data TEXT NOT NULL DEFAULT '',
    created_at DATETIME NOT NULL,
    detail TEXT,
    PRIMARY KEY (session_id, id)
  ) WITHOUT ROWID`

/** Columns in addition to the original's, all with a default, so that an old row is valid. */
const extraColumns = [
  // order of creation
  "position INTEGER NOT NULL DEFAULT 0",
  // the outer view as JSON; null for a session of the original's
  "summary TEXT",
  "ended_at TEXT",
  "last_event_id INTEGER NOT NULL DEFAULT 0",
  // the fence: only the newest generation's holder may append
  "owner_id TEXT",
  "lease_until INTEGER NOT NULL DEFAULT 0",
  "generation INTEGER NOT NULL DEFAULT 0",
  // how far the running round's log is stored
  "log_turn INTEGER NOT NULL DEFAULT 0",
  "log_round INTEGER NOT NULL DEFAULT 0",
  "log_line INTEGER NOT NULL DEFAULT 0"
]

const takeOver = Effect.fnUntraced(function*(sql: SqlClient.SqlClient) {
  yield* sql`UPDATE sessions SET position = rowid`
  yield* sql`UPDATE sessions SET status = 'error', error = 'interrupted before the upgrade' WHERE status IN ('pending', 'running')`
  yield* sql`UPDATE sessions SET status = 'complete' WHERE status NOT IN ('complete', 'error', 'cancelled')`
  yield* sql`UPDATE sessions SET ended_at = updated_at`
  yield* sql`ALTER TABLE session_events RENAME TO original_events`
  yield* createEvents(sql)
  yield* sql`INSERT INTO session_events (id, session_id, type, data, created_at)
    SELECT ROW_NUMBER() OVER (PARTITION BY session_id ORDER BY id), session_id,
      CASE WHEN type IN ('status', 'output', 'error', 'done') THEN type ELSE 'status' END, data, created_at
    FROM original_events WHERE session_id IN (SELECT id FROM sessions)`
  yield* sql`DROP TABLE original_events`
  yield* sql`UPDATE sessions SET last_event_id =
    (SELECT COALESCE(MAX(id), 0) FROM session_events WHERE session_events.session_id = sessions.id)`
})

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const tables =
    yield* sql`SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('sessions', 'session_events')`
  if (tables.length === 0) {
    yield* createSessions(sql)
    yield* createEvents(sql)
  }
  yield* Effect.forEach(extraColumns, (column) => sql.unsafe(`ALTER TABLE sessions ADD COLUMN ${column}`), {
    discard: true
  })
  if (tables.length > 0) yield* takeOver(sql)
  yield* sql`CREATE INDEX sessions_by_position ON sessions (position)`
  yield* sql`CREATE INDEX sessions_by_status ON sessions (status, position)`
  // a session's state is folded from its facts, which do not include its output
  yield* sql`CREATE INDEX session_facts ON session_events (session_id, id) WHERE type <> 'output'`
  yield* sql`CREATE TABLE session_diffs (
    session_id TEXT PRIMARY KEY REFERENCES sessions(id),
    turn INTEGER NOT NULL,
    round INTEGER NOT NULL,
    patch TEXT NOT NULL
  )`
  yield* sql`CREATE TABLE command_receipts (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    session_id TEXT NOT NULL REFERENCES sessions(id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
  )`
  // one row for each watcher: how far it was told of the session's progress, and how far there is to tell
  yield* sql`CREATE TABLE outbox (
    session_id TEXT NOT NULL REFERENCES sessions(id),
    watcher TEXT NOT NULL,
    target TEXT NOT NULL,
    memo TEXT NOT NULL DEFAULT '{}',
    told INTEGER NOT NULL DEFAULT 0,
    head INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (session_id, watcher)
  )`
  yield* sql`CREATE INDEX outbox_due ON outbox (watcher, not_before) WHERE head > told`
})
