/** Sessions are found by the start of their id, and listed, by index: the time does not depend on how many there are. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { layerLog } from "../../../src/App.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import * as Database from "../../../src/services/store/Database.ts"
import { SessionHistory } from "../../../src/services/store/SessionHistory.ts"
import { SessionStore } from "../../../src/services/store/SessionStore.ts"
import { created } from "../../support/Walk.ts"

const layer = layerLog.pipe(Layer.provideMerge(Database.layerMemory))
const { _tag, branch, ...spec } = created()

const ids = ["0fffffffffff", "a00000000000", "a00000000001", "a0ffffffffff", "a10000000000", "b00000000000"]

const open = Effect.flatMap(
  SessionStore,
  (store) =>
    Effect.forEach(ids, (id) => store.create({ id: SessionId.make(id), spec, receipt: undefined }), { discard: true })
)

const found = (prefix: string) =>
  Effect.flatMap(
    SessionHistory,
    (history) => Effect.map(history.byPrefix(prefix), (sessions) => sessions.map(({ id }) => id))
  )

describe("sessions by the start of their id", () => {
  it.effect("are those whose id begins so, newest first, and no others", () =>
    Effect.gen(function*() {
      yield* open
      assert.deepStrictEqual(yield* found("a0"), ["a0ffffffffff", "a00000000001", "a00000000000"])
      assert.deepStrictEqual(yield* found("a00000000001"), ["a00000000001"])
      assert.deepStrictEqual(yield* found("0"), ["0fffffffffff"])
      assert.deepStrictEqual(yield* found("c"), [])
      assert.deepStrictEqual(yield* found(""), ids.toReversed())
    }).pipe(Effect.provide(layer)))

  it.effect("take no wildcard", () =>
    Effect.gen(function*() {
      yield* open
      assert.deepStrictEqual([yield* found("a%"), yield* found("_"), yield* found("A")], [[], [], []])
    }).pipe(Effect.provide(layer)))
})

describe("a list of sessions", () => {
  const planOf = (where: string) =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql.unsafe<{ readonly detail: string }>(
        `EXPLAIN QUERY PLAN SELECT * FROM sessions WHERE ${where} ORDER BY position DESC LIMIT 51`
      )
      return rows.map(({ detail }) => detail)
    })

  const indexes = {
    "repo = 'acme/app'": "SEARCH sessions USING INDEX sessions_by_repo (repo=?)",
    "repo = 'acme/app' AND status = 'running'":
      "SEARCH sessions USING INDEX sessions_by_repo_and_status (repo=? AND status=?)"
  }
  for (const [where, plan] of Object.entries(indexes)) {
    it.effect(`reads its rows in their order from an index of theirs (${where})`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* planOf(where), [plan])
      }).pipe(Effect.provide(layer)))
  }

  it.effect("of all sessions is read in its order, from the newest", () =>
    Effect.gen(function*() {
      const plan = yield* planOf("1")
      assert.lengthOf(plan, 1)
      assert.match(plan[0] ?? "", /^SCAN sessions USING INDEX/)
    }).pipe(Effect.provide(layer)))
})
