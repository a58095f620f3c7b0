/** Sessions and events as SQL rows, and their conversion to and from the domain. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { EventType, SessionEventView } from "../../domain/EventText.ts"
import { BranchName, branchOf, SessionId } from "../../domain/Ids.ts"
import { Session, SessionStatus, SessionSummary } from "../../domain/Session.ts"

/**
 * RFC 3339 as written here, or a time from the original's driver: `2024-01-31 10:20:30.123 +0000 UTC m=+0.1`, or
 * SQLite's `2024-01-31 10:20:30`.
 */
export const timeOf = (text: string): DateTime.Utc => {
  const [, day, time, sign, hours, minutes] =
    /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,3})?)\d*\s*(?:Z|([+-])(\d\d):?(\d\d))?/.exec(text) ?? []
  const zone = sign === undefined ? "Z" : `${sign}${hours}:${minutes}`
  return Option.getOrElse(DateTime.make(`${day}T${time}${zone}`), () => DateTime.unsafeMake(0))
}

export const StoredTime = Schema.transform(Schema.String, Schema.DateTimeUtcFromSelf, {
  strict: true,
  decode: timeOf,
  encode: DateTime.formatIso
})

/** A session's row: its summary as JSON, and the original's columns. */
export const SessionRow = Schema.Struct({
  id: SessionId,
  repo: Schema.String,
  prompt: Schema.String,
  status: SessionStatus,
  branch: Schema.String,
  pr_url: Schema.String,
  pr_number: Schema.Int,
  error: Schema.String,
  summary: Schema.NullOr(Schema.parseJson(SessionSummary)),
  created_at: StoredTime,
  updated_at: StoredTime,
  ended_at: Schema.NullOr(StoredTime),
  last_event_id: Schema.NonNegativeInt,
  generation: Schema.NonNegativeInt,
  log_turn: Schema.NonNegativeInt,
  log_round: Schema.NonNegativeInt,
  log_line: Schema.NonNegativeInt
})
export type SessionRow = typeof SessionRow.Type

const isBranch = Schema.is(BranchName)

/** The summary of a session from the original's row. */
const originalSummary = (row: SessionRow): SessionSummary => ({
  repo: row.repo,
  prompt: row.prompt,
  status: row.status,
  phase: "ended",
  branch: isBranch(row.branch) ? row.branch : branchOf(row.id),
  base: null,
  agent: "opentl",
  model: null,
  ...(row.pr_url === "" ? {} : { prUrl: row.pr_url, prNumber: row.pr_number }),
  ...(row.error === "" ? {} : { error: row.error }),
  turn: 1,
  reviewRounds: 0,
  usage: { inputTokens: 0, outputTokens: 0, costUsd: 0 },
  requestedBy: { name: "original", via: "library" }
})

/** The row's session, which is not validated again. */
export const toSession = (row: SessionRow): Session =>
  new Session({
    id: row.id,
    ...(row.summary ?? originalSummary(row)),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    lastEventId: row.last_event_id
  }, { disableValidation: true })

/** An event's row. */
export const EventRow = Schema.Struct({
  id: Schema.Int,
  session_id: SessionId,
  type: EventType,
  data: Schema.String,
  created_at: StoredTime,
  detail: Schema.NullOr(Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown })))
})
export type EventRow = typeof EventRow.Type

/**
 * Not validated again for each of a hundred thousand lines: the rows come from our database and were decoded already.
 */
export const toView = (
  row: EventRow,
  publicDetail: (detail: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>
) =>
  new SessionEventView(
    {
      id: row.id,
      sessionId: row.session_id,
      type: row.type,
      data: row.data,
      createdAt: row.created_at,
      ...(row.detail === null ? {} : { detail: publicDetail(row.detail) })
    },
    { disableValidation: true }
  )
