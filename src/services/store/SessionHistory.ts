/** Reads of sessions: rows, lists, and what steps need to know about the past. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { SessionId } from "../../domain/Ids.ts"
import type { Session, SessionNotFound, SessionSummary } from "../../domain/Session.ts"
import type { VerificationReport } from "../../domain/Verification.ts"
import * as SessionQueries from "./SessionQueries.ts"
import { toSession } from "./SessionRows.ts"
import { StoreError } from "./StoreError.ts"

export interface LiveSession {
  readonly id: SessionId
  /** A pending session has a turn that has not started. */
  readonly status: "running" | "pending"
}

export interface WaitingSession {
  readonly id: SessionId
  readonly summary: SessionSummary
}

export class SessionHistory extends Context.Tag("opentl/services/store/SessionHistory")<SessionHistory, {
  readonly get: (id: SessionId) => Effect.Effect<Session, SessionNotFound | StoreError>
  /** Newest first. */
  readonly list: (query: SessionQueries.ListQuery) => Effect.Effect<ReadonlyArray<Session>, StoreError>
  /** At most six sessions whose id has this prefix. */
  readonly byPrefix: (prefix: string) => Effect.Effect<ReadonlyArray<Session>, StoreError>
  /**
   * The sessions whose next step is not a person's: first those that were running, then those that were waiting, oldest
   * first.
   */
  readonly live: Effect.Effect<ReadonlyArray<LiveSession>, StoreError>
  /** The sessions whose wait ends by itself, oldest first. */
  readonly waiting: Effect.Effect<ReadonlyArray<WaitingSession>, StoreError>
  /** How many lines of a round's log are stored. */
  readonly logCursor: (id: SessionId, turn: number, round: number) => Effect.Effect<number, StoreError>
  /** The last lines of a round's output, oldest first. */
  readonly lastOutput: (
    id: SessionId,
    turn: number,
    round: number,
    limit: number
  ) => Effect.Effect<ReadonlyArray<string>, StoreError>
  /** The latest collected diff; empty if there is none. */
  readonly patch: (id: SessionId) => Effect.Effect<string, StoreError>
  /** The latest verification, with whole tails. */
  readonly verification: (id: SessionId) => Effect.Effect<Option.Option<VerificationReport>, StoreError>
}>() {
  static readonly layer = Layer.effect(
    SessionHistory,
    Effect.gen(function*() {
      const queries = yield* SessionQueries.make
      const failing = (operation: string) => Effect.mapError((cause: unknown) => new StoreError({ operation, cause }))
      return SessionHistory.of({
        get: Effect.fn("SessionHistory.get")(function*(id) {
          const row = yield* queries.row(id).pipe(
            Effect.mapError((cause) =>
              cause._tag === "SessionNotFound" ? cause : new StoreError({ operation: "read a session", cause })
            )
          )
          return toSession(row)
        }),
        list: (query) => failing("list sessions")(queries.list(query)),
        byPrefix: (prefix) => failing("find sessions")(queries.byPrefix(prefix)),
        live: failing("list live sessions")(queries.live(undefined)),
        waiting: failing("list waiting sessions")(queries.waiting(undefined)),
        logCursor: (id, turn, round) => failing("read a log's end")(queries.logCursor(id, turn, round)),
        lastOutput: (id, turn, round, limit) =>
          queries.lastOutput({ id, turn, round, limit }).pipe(
            Effect.map((rows) => rows.map((row) => row.data).reverse()),
            failing("read output")
          ),
        patch: (id) =>
          queries.patch(id).pipe(
            Effect.map(Option.match({ onNone: () => "", onSome: (row) => row.patch })),
            failing("read a diff")
          ),
        verification: (id) =>
          queries.verification(id).pipe(
            Effect.map(Option.map(({ report }) => report)),
            failing("read a verification")
          )
      })
    })
  )
}
