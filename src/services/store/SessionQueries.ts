/** Queries on the session tables, shared by the store (inside its transactions) and the log. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqlSchema from "@effect/sql/SqlSchema"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { SessionId } from "../../domain/Ids.ts"
import { parse as parseRepository, Repository } from "../../domain/Repository.ts"
import { SessionNotFound, SessionStatus, SessionSummary } from "../../domain/Session.ts"
import { SessionCreated, SessionEvent, type SessionSpec, TurnEnded } from "../../domain/SessionEvent.ts"
import { evolveAll, fold } from "../../domain/SessionFold.ts"
import type { SessionState } from "../../domain/SessionState.ts"
import { VerificationReport } from "../../domain/Verification.ts"
import { EventRow, SessionRow, toSession } from "./SessionRows.ts"
import { sessionOf } from "./StoredSession.ts"

const FactRow = Schema.Struct({ detail: Schema.parseJson(SessionEvent) })

/** A session of the original OpenTL, as if it had been created and had ended here, so that it accepts follow-ups. */
const originalState = (row: SessionRow): SessionState | undefined => {
  const session = toSession(row)
  const spec: SessionSpec = {
    repo: Either.getOrElse(parseRepository(row.repo), () => Repository.Local({ path: row.repo })),
    prompt: row.prompt,
    agent: { _tag: "Named", name: "opentl" },
    approvePlan: false,
    planOnly: false,
    timeoutMillis: 30 * 60_000,
    reviewRounds: 2,
    rounds: 4,
    requestedBy: session.requestedBy
  }
  const created = SessionCreated.make({ ...spec, branch: session.branch })
  const end = row.status === "complete" || row.status === "cancelled" ? row.status : "error"
  const ended = TurnEnded.make({ turn: 1, end, text: row.error })
  const state = fold([created])
  return state === undefined
    ? undefined
    : { ...state, inbox: [], turns: 1, phase: { _tag: "Ended", end: ended.end, text: ended.text } }
}

export interface ListQuery {
  readonly status: SessionStatus | null
  readonly repo: string | null
  readonly before: SessionId | null
  readonly limit: number
}

export const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  const findRow = SqlSchema.findOne({
    Request: SessionId,
    Result: SessionRow,
    execute: (id) => sql`SELECT * FROM sessions WHERE id = ${id}`
  })
  const row = (id: SessionId) =>
    Effect.flatMap(findRow(id), Option.match({ onNone: () => new SessionNotFound({ id }), onSome: Effect.succeed }))

  const facts = SqlSchema.findAll({
    Request: SessionId,
    Result: FactRow,
    execute: (id) =>
      sql`SELECT detail FROM session_events
        WHERE session_id = ${id} AND type <> 'output' AND detail IS NOT NULL ORDER BY id`
  })

  /** The fold of all the session's events except its output. */
  const state = Effect.fnUntraced(function*(id: SessionId) {
    const events = (yield* facts(id)).map((fact) => fact.detail)
    const current = fold(events) ?? Option.getOrUndefined(
      Option.map(Option.fromNullable(originalState(yield* row(id))), (original) => evolveAll(original, events))
    )
    return current ?? (yield* new SessionNotFound({ id }))
  })

  const receiptRow = SqlSchema.findOne({
    Request: Schema.Struct({ scope: Schema.String, key: Schema.String }),
    Result: Schema.Struct({ fingerprint: Schema.String, session_id: SessionId }),
    execute: ({ key, scope }) =>
      sql`SELECT fingerprint, session_id FROM command_receipts WHERE scope = ${scope} AND key = ${key}`
  })

  return {
    row,
    state,
    receipt: (scope: string, key: string) => Effect.map(receiptRow({ scope, key }), Option.getOrUndefined),

    /** Newest first, one more than requested, so that the caller knows whether there are more. */
    list: ({ before, limit, repo, status }: ListQuery) =>
      Effect.flatMap(
        sql<typeof SessionRow.Encoded>`SELECT * FROM sessions WHERE ${
          sql.and([
            ...(status === null ? [] : [sql`status = ${status}`]),
            ...(repo === null ? [] : [sql`repo = ${repo}`]),
            ...(before === null ? [] : [sql`position < (SELECT position FROM sessions WHERE id = ${before})`])
          ])
        } ORDER BY position DESC LIMIT ${limit}`,
        (rows) => Effect.try(() => rows.map(sessionOf))
      ),
    byPrefix: (prefix: string) =>
      Effect.flatMap(
        // a range of the primary key; the plus keeps SQLite from scanning all sessions by position instead
        sql<typeof SessionRow.Encoded>`SELECT * FROM sessions WHERE id IN (
          SELECT id FROM sessions WHERE id >= ${prefix} AND id < ${`${prefix}\uffff`} ORDER BY id = ${prefix} DESC, +position DESC LIMIT 6
        ) ORDER BY position DESC`,
        (rows) => Effect.try(() => rows.map(sessionOf))
      ),
    /** The sessions whose next step is not a person's, first those that were running. */
    live: SqlSchema.findAll({
      Request: Schema.Void,
      Result: Schema.Struct({ id: SessionId, status: Schema.Literal("running", "pending") }),
      execute: () =>
        sql`SELECT id, status FROM sessions WHERE status IN ('running', 'pending') ORDER BY status = 'pending', position`
    }),
    /** The sessions whose wait ends by itself. */
    waiting: SqlSchema.findAll({
      Request: Schema.Void,
      Result: Schema.Struct({ id: SessionId, summary: Schema.parseJson(SessionSummary) }),
      execute: () =>
        sql`SELECT id, summary FROM sessions
          WHERE status = 'waiting' AND json_extract(summary, '$.waits_until') IS NOT NULL ORDER BY position`
    }),
    page: SqlSchema.findAll({
      Request: Schema.Struct({ id: SessionId, after: Schema.Int, limit: Schema.Int }),
      Result: EventRow,
      execute: ({ after, id, limit }) =>
        sql`SELECT * FROM session_events WHERE session_id = ${id} AND id > ${after} ORDER BY id LIMIT ${limit}`
    }),
    /** The current end of the log, and whether the session has ended. */
    head: SqlSchema.findOne({
      Request: SessionId,
      Result: Schema.Struct({ last_event_id: Schema.Int, status: SessionStatus }),
      execute: (id) => sql`SELECT last_event_id, status FROM sessions WHERE id = ${id}`
    }),
    /** How many lines of a round's log are stored. */
    logCursor: (id: SessionId, turn: number, round: number) =>
      Effect.map(row(id), (found) => found.log_turn === turn && found.log_round === round ? found.log_line : 0),
    /** The last lines of a round's output, newest first. */
    lastOutput: SqlSchema.findAll({
      Request: Schema.Struct({ id: SessionId, turn: Schema.Int, round: Schema.Int, limit: Schema.Int }),
      Result: Schema.Struct({ data: Schema.String }),
      execute: ({ id, limit, round, turn }) =>
        sql`SELECT data FROM (SELECT id, data, detail FROM session_events
            WHERE session_id = ${id} AND type = 'output' ORDER BY id DESC LIMIT ${limit})
          WHERE json_extract(detail, '$.turn') = ${turn} AND json_extract(detail, '$.round') = ${round} ORDER BY id DESC`
    }),
    verification: SqlSchema.findOne({
      Request: SessionId,
      Result: Schema.Struct({ report: Schema.parseJson(VerificationReport) }),
      execute: (id) => sql`SELECT report FROM session_verifications WHERE session_id = ${id}`
    }),
    patch: SqlSchema.findOne({
      Request: SessionId,
      Result: Schema.Struct({ patch: Schema.String }),
      execute: (id) => sql`SELECT patch FROM session_diffs WHERE session_id = ${id}`
    })
  }
})
