/** A database of the original OpenTL opens, and its sessions can be listed, read and continued. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { layerLog } from "../../../src/App.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { MessageReceived } from "../../../src/domain/SessionEvent.ts"
import * as Database from "../../../src/services/store/Database.ts"
import { EventLog } from "../../../src/services/store/EventLog.ts"
import { SessionHistory } from "../../../src/services/store/SessionHistory.ts"
import { SessionStore } from "../../../src/services/store/SessionStore.ts"
import { append } from "../../support/StoreKit.ts"
import { layerConfig } from "../../support/TestConfig.ts"
import { by } from "../../support/Walk.ts"

/** What the original's binary leaves: its columns, its way to write times, ids counted over all sessions. */
const original = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE sessions (id TEXT PRIMARY KEY, repo TEXT NOT NULL, prompt TEXT NOT NULL,
    mode TEXT NOT NULL DEFAULT 'task', status TEXT NOT NULL DEFAULT 'pending', branch TEXT NOT NULL DEFAULT '',
    pr_url TEXT NOT NULL DEFAULT '', pr_number INTEGER NOT NULL DEFAULT 0, container_id TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '', created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL)`
  yield* sql`CREATE TABLE session_events (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL,
    type TEXT NOT NULL, data TEXT NOT NULL DEFAULT '', created_at DATETIME NOT NULL)`
  const at = "2025-11-02 10:20:30.123456789 +0000 UTC m=+0.5"
  for (const [id, status] of [["a1b2c3d4", "complete"], ["b1b2c3d4", "running"], ["c1b2c3d4", "pending"]]) {
    yield* sql`INSERT INTO sessions (id, repo, prompt, status, branch, pr_url, pr_number, created_at, updated_at)
      VALUES (${id ?? ""}, 'acme/app', 'do it', ${
      status ?? ""
    }, ${`opentl/${id}`}, 'https://x/pull/3', 3, ${at}, ${at})`
  }
  for (const [id, data] of [["a1b2c3d4", "one"], ["b1b2c3d4", "other"], ["a1b2c3d4", "two"]]) {
    yield* sql`INSERT INTO session_events (session_id, type, data, created_at) VALUES (${id ?? ""}, 'output', ${
      data ?? ""
    }, ${at})`
  }
})

describe("the original's database", () => {
  it.scopedLive("is taken over", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const dataDir = yield* files.makeTempDirectoryScoped({ prefix: "opentl-test-" })
      yield* original.pipe(Effect.provide(SqliteClient.layer({ filename: `${dataDir}/opentl.db` })))
      yield* Effect.gen(function*() {
        const history = yield* SessionHistory
        const sessions = yield* history.list({ status: null, repo: null, before: null, limit: 10 })
        assert.deepStrictEqual(sessions.map((session) => [session.id, session.status]), [
          ["c1b2c3d4", "error"],
          ["b1b2c3d4", "error"],
          ["a1b2c3d4", "complete"]
        ])
        assert.strictEqual(sessions[0]?.error, "interrupted before the upgrade")
        assert.strictEqual(sessions[2]?.prUrl, "https://x/pull/3")
        const id = SessionId.make("a1b2c3d4")
        const events = yield* Effect.flatMap(EventLog, (log) => log.page(id, 0, 10))
        assert.deepStrictEqual(events.map((event) => [event.id, event.data]), [[1, "one"], [2, "two"]])
        assert.strictEqual(events[0]?.createdAt.epochMillis, Date.UTC(2025, 10, 2, 10, 20, 30, 123))
        const store = yield* SessionStore
        const claim = yield* store.claim(id, "test")
        const state = yield* append(claim, [MessageReceived.make({ messageId: "m", text: "more", by })])
        assert.strictEqual(state.phase._tag, "Queued")
      }).pipe(
        Effect.provide(layerLog.pipe(Layer.provideMerge(Database.layer), Layer.provide(layerConfig({ dataDir }))))
      )
    }).pipe(Effect.provide(NodeContext.layer)))
})
