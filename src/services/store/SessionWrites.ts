/** The statements that write sessions and their events, for the store's transactions. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { SessionId } from "../../domain/Ids.ts"
import { isEnd, summarize } from "../../domain/Session.ts"
import type { LogEvent, SessionEvent } from "../../domain/SessionEvent.ts"
import { IdempotencyConflict } from "../../domain/SessionRequest.ts"
import type { SessionState } from "../../domain/SessionState.ts"
import { VerificationReport } from "../../domain/Verification.ts"
import * as EventRows from "./EventRows.ts"
import type { FreshLines } from "./FreshLines.ts"
import * as ReviewParts from "./ReviewParts.ts"
import { type Claim, type ReceiptKey, receiptLifetime, SessionLost } from "./SessionClaims.ts"
import type * as SessionQueries from "./SessionQueries.ts"
import { summaryText } from "./StoredSession.ts"

const encodeVerification = Schema.encodeSync(Schema.parseJson(VerificationReport))

type LogLines = Arr.NonEmptyReadonlyArray<LogEvent>

/**
 * The outcome of a batch of log lines: stored (as far as they were new), or rejected, because the session has another
 * owner or is not running, or because earlier lines are missing.
 */
export type LogOutcome = "stored" | "lost" | "gap"

export interface LogWritten {
  readonly outcome: LogOutcome
  /** The lines that were new. */
  readonly fresh: FreshLines | undefined
}

const without = (outcome: LogOutcome): LogWritten => ({ outcome, fresh: undefined })

export const make = (queries: Effect.Effect.Success<typeof SessionQueries.make>) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient

    /**
     * Runs a statement of every batch of lines on the transaction's connection: compiled as a fragment and traced, it takes
     * three times as many steps of Effect's.
     */
    const direct = ({ parameters, statement }: EventRows.Prepared) =>
      Effect.flatMap(
        Effect.serviceOption(SqlClient.TransactionConnection),
        Option.match({
          onNone: () => sql.unsafe(statement, parameters).raw,
          onSome: ([connection]) => connection.executeRaw(statement, parameters)
        })
      )

    const insertEvents = (id: SessionId, after: number, now: string, events: ReadonlyArray<SessionEvent>) =>
      Effect.forEach(EventRows.inserts(id, after, now, events), direct, { discard: true })

    const mark = (id: SessionId, last: number) =>
      direct({ statement: "UPDATE outbox SET head = ? WHERE session_id = ?", parameters: [last, id] })

    /** Numbers and writes events, and updates the row and the outbox; returns the newest event's id. */
    const events = Effect.fnUntraced(function*(
      id: SessionId,
      state: SessionState,
      events: ReadonlyArray<SessionEvent>,
      generation?: number
    ) {
      const now = DateTime.formatIso(yield* DateTime.now)
      const summary = summarize(state)
      // a round that starts (over) has a new log
      const begins = events.find((event) => event._tag === "RoundStarted")
      const rows = yield* sql<{ readonly last: number }>`UPDATE sessions SET
          last_event_id = last_event_id + ${events.length},
          status = ${summary.status},
          branch = ${summary.branch},
          pr_url = ${summary.prUrl ?? ""},
          pr_number = ${summary.prNumber ?? 0},
          error = ${summary.error ?? ""},
          summary = ${summaryText(summary)},
          updated_at = ${now},
          ended_at = ${isEnd(summary.status) ? now : null}
          ${begins === undefined ? sql`` : sql`, log_turn = ${begins.turn}, log_round = ${begins.round}, log_line = 0`}
        WHERE id = ${id} ${generation === undefined ? sql`` : sql`AND generation = ${generation}`}
        RETURNING last_event_id AS last`
      const last = rows[0]?.last
      if (last === undefined) return yield* new SessionLost({ sessionId: id })
      yield* insertEvents(id, last - events.length, now, events)
      if (events.some(({ _tag }) => _tag === "ReviewHeld" || _tag === "TurnEnded")) yield* ReviewParts.remove(sql, id)
      yield* mark(id, last)
      return last
    })

    /** Appends lines that directly follow the stored ones; returns undefined if they do not. */
    const follow = Effect.fnUntraced(function*({ generation, sessionId: id }: Claim, lines: LogLines) {
      const { line, round, turn } = Arr.lastNonEmpty(lines)
      const now = DateTime.formatIso(yield* DateTime.now)
      const [updated] = yield* sql<{ readonly last: number }>`UPDATE sessions SET
          last_event_id = last_event_id + ${lines.length}, updated_at = ${now},
          log_turn = ${turn}, log_round = ${round}, log_line = ${line}
        WHERE id = ${id} AND generation = ${generation} AND status = 'running'
          AND CASE WHEN log_turn = ${turn} AND log_round = ${round} THEN log_line ELSE 0 END = ${lines[0].line - 1}
        RETURNING last_event_id AS last`
      if (updated === undefined) return undefined
      const after = updated.last - lines.length
      yield* insertEvents(id, after, now, lines)
      yield* mark(id, updated.last)
      return { outcome: "stored", fresh: { sessionId: id, after, createdAt: now, lines } } satisfies LogWritten
    })

    /**
     * Appends lines of a round's log. Each line is stored once: lines before the cursor are skipped. Lines are never
     * stored after a gap: if an earlier batch failed, this one fails, too, and both are sent again.
     */
    const log = (claim: Claim, lines: ReadonlyArray<LogEvent>): Effect.Effect<LogWritten, SqlError> =>
      Effect.gen(function*() {
        if (!Arr.isNonEmptyReadonlyArray(lines)) return without("stored")
        const followed = yield* follow(claim, lines)
        if (followed !== undefined) return followed
        const { round, turn } = Arr.lastNonEmpty(lines)
        const [row] = yield* sql<{ readonly cursor: number }>`SELECT
            CASE WHEN log_turn = ${turn} AND log_round = ${round} THEN log_line ELSE 0 END AS cursor
          FROM sessions WHERE id = ${claim.sessionId} AND generation = ${claim.generation} AND status = 'running'`
        if (row === undefined) return without("lost")
        const fresh = lines.filter(({ line }) => line > row.cursor)
        if (!Arr.isNonEmptyReadonlyArray(fresh)) return without("stored")
        return (fresh.length < lines.length ? yield* follow(claim, fresh) : undefined) ?? without("gap")
      })

    const forgetReceipts = Effect.flatMap(
      Clock.currentTimeMillis,
      (now) => sql`DELETE FROM command_receipts WHERE created_at < ${now - Duration.toMillis(receiptLifetime)}`
    )

    /** The session that an earlier request with this receipt got. */
    const replayed = Effect.fnUntraced(function*(receipt: ReceiptKey) {
      const known = yield* queries.receipt(receipt.scope, receipt.key)
      if (known !== undefined && known.fingerprint !== receipt.fingerprint) {
        return yield* new IdempotencyConflict({ key: receipt.key })
      }
      return known?.session_id
    })

    const receipt = Effect.fnUntraced(function*(id: SessionId, receipt: ReceiptKey) {
      const row = { ...receipt, session_id: id, created_at: yield* Clock.currentTimeMillis }
      yield* sql`INSERT INTO command_receipts ${sql.insert(row)}`
    })

    /** Increments the generation, which ends every earlier owner's right to write. */
    const generation = (id: SessionId, owner: string) =>
      sql<{ readonly generation: number }>`UPDATE sessions
        SET owner_id = ${owner}, generation = generation + 1 WHERE id = ${id} RETURNING generation`

    const patch = (id: SessionId, patch: { readonly turn: number; readonly round: number; readonly patch: string }) =>
      sql`INSERT INTO session_diffs ${sql.insert({ session_id: id, ...patch })}
        ON CONFLICT (session_id) DO UPDATE SET turn = excluded.turn, round = excluded.round, patch = excluded.patch`

    const verification = (id: SessionId, report: VerificationReport) =>
      sql`INSERT INTO session_verifications ${sql.insert({ session_id: id, report: encodeVerification(report) })}
        ON CONFLICT (session_id) DO UPDATE SET report = excluded.report`

    return { events, log, forgetReceipts, replayed, receipt, generation, patch, verification }
  })
