/**
 * Writes new sessions: all of a batch with two statements, one for the rows and one for the events. Nothing is read
 * back, since nothing but this has written them.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { describe, storedDetail } from "../../domain/EventText.ts"
import { branchOf, type SessionId } from "../../domain/Ids.ts"
import { Session, summarize } from "../../domain/Session.ts"
import type { SessionCreated, SessionSpec } from "../../domain/SessionEvent.ts"
import { IdempotencyConflict } from "../../domain/SessionRequest.ts"
import { create as createState } from "../../domain/SessionState.ts"
import type { ReceiptKey } from "./SessionClaims.ts"
import type * as SessionQueries from "./SessionQueries.ts"
import { toSession } from "./SessionRows.ts"
import type * as SessionWrites from "./SessionWrites.ts"
import { summaryText } from "./StoredSession.ts"

export interface NewSession {
  readonly id: SessionId
  readonly spec: SessionSpec
  readonly receipt: ReceiptKey | undefined
}

export interface Created {
  readonly session: Session
  /** Whether an earlier request with the same receipt got it. */
  readonly replayed: boolean
}

type Outcome = Either.Either<Created, IdempotencyConflict>

/** The receipts of a batch, by name. */
type Given = Map<string, { readonly receipt: ReceiptKey; readonly session: Session }>

const nameOf = ({ key, scope }: ReceiptKey): string => JSON.stringify([scope, key])

/** The outcome of a request whose receipt another one of the batch has. */
const same = (given: Given, receipt: ReceiptKey): Outcome | undefined => {
  const first = given.get(nameOf(receipt))
  if (first === undefined) return undefined
  return first.receipt.fingerprint === receipt.fingerprint
    ? Either.right({ session: first.session, replayed: true })
    : Either.left(new IdempotencyConflict({ key: receipt.key }))
}

/** The first event's id. */
const first = 1

export const make = (
  queries: Effect.Effect.Success<typeof SessionQueries.make>,
  writes: Effect.Effect.Success<ReturnType<typeof SessionWrites.make>>
) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient

    const lastPosition = Effect.map(
      sql<{ readonly last: number | null }>`SELECT MAX(position) AS last FROM sessions`,
      ([row]) => row?.last ?? 0
    )

    const prepare = ({ id, spec }: NewSession, now: DateTime.Utc, position: number) => {
      // its parts are values of the domain: not validated again
      const event: typeof SessionCreated.Type = { _tag: "SessionCreated", v: 1, ...spec, branch: branchOf(id) }
      const summary = summarize(createState(event))
      const created_at = DateTime.formatIso(now)
      return {
        session: new Session(
          { id, ...summary, createdAt: now, updatedAt: now, lastEventId: first },
          { disableValidation: true }
        ),
        row: {
          id,
          repo: summary.repo,
          prompt: summary.prompt,
          status: summary.status,
          branch: summary.branch,
          summary: summaryText(summary),
          created_at,
          updated_at: created_at,
          position,
          last_event_id: first
        },
        event: {
          id: first,
          session_id: id,
          ...describe(event),
          created_at,
          detail: JSON.stringify(storedDetail(event))
        }
      }
    }

    /** What a request is answered without a new session, if its receipt is known. */
    const known = (receipt: ReceiptKey) =>
      Effect.gen(function*() {
        const id = yield* writes.replayed(receipt)
        return id === undefined ? undefined : { session: toSession(yield* queries.row(id)), replayed: true }
      }).pipe(
        Effect.map((created) => created === undefined ? undefined : Either.right(created)),
        Effect.catchTag("IdempotencyConflict", (conflict) => Effect.succeed(Either.left(conflict)))
      )

    /** Writes the sessions; for the caller's transaction. */
    return Effect.fnUntraced(function*(requests: Arr.NonEmptyReadonlyArray<NewSession>) {
      const now = yield* DateTime.now
      const outcomes: Array<Outcome> = []
      const prepared: Array<ReturnType<typeof prepare>> = []
      /** Receipts of this batch. */
      const given: Given = new Map()
      const position = yield* lastPosition
      if (requests.some(({ receipt }) => receipt !== undefined)) yield* writes.forgetReceipts
      for (const request of requests) {
        const { receipt } = request
        const earlier = receipt === undefined ? undefined : same(given, receipt) ?? (yield* known(receipt))
        if (earlier !== undefined) {
          outcomes.push(earlier)
          continue
        }
        const next = prepare(request, now, position + prepared.length + 1)
        prepared.push(next)
        if (receipt !== undefined) given.set(nameOf(receipt), { receipt, session: next.session })
        outcomes.push(Either.right({ session: next.session, replayed: false }))
      }
      if (prepared.length > 0) {
        yield* sql`INSERT INTO sessions ${sql.insert(prepared.map(({ row }) => row))}`
        yield* sql`INSERT INTO session_events ${sql.insert(prepared.map(({ event }) => event))}`
      }
      yield* Effect.forEach(
        given.values(),
        ({ receipt, session }) => writes.receipt(session.id, receipt),
        { discard: true }
      )
      return outcomes
    })
  })
