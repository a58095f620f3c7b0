/**
 * Writes the log. One transaction a command: its events, the session's row (a projection), the receipt and the
 * outbox's marks; the bell rings after the commit. Events of a session come from the holder of its newest generation
 * only, so an owner that was taken for dead cannot write any more.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { describe, storedDetail } from "../../domain/EventText.ts"
import type { SessionId } from "../../domain/Ids.ts"
import { branchOf } from "../../domain/Ids.ts"
import { isEnd, type Session, SessionNotFound, SessionSummary, summarize } from "../../domain/Session.ts"
import { type CommandRejected, decide, type DecisionRules, type SessionCommand } from "../../domain/SessionCommand.ts"
import { type LogEvent, SessionCreated, type SessionEvent, type SessionSpec } from "../../domain/SessionEvent.ts"
import { IdempotencyConflict } from "../../domain/SessionRequest.ts"
import { admits, create as createState, evolve, type SessionState } from "../../domain/SessionState.ts"
import { EventBus } from "./EventBus.ts"
import * as SessionQueries from "./SessionQueries.ts"
import { toSession } from "./SessionRows.ts"
import { StoreError } from "./StoreError.ts"

/** Another owner has the session by now; whatever this one still had to say is void. */
export class SessionLost extends Schema.TaggedError<SessionLost>()("SessionLost", { sessionId: Schema.String }) {
  override get message() {
    return `session ${this.sessionId} has another owner`
  }
}

/** The session has moved on (a stop, most of all): the events do not belong to its state any more. */
export class EventsRefused extends Schema.TaggedError<EventsRefused>()("EventsRefused", {
  sessionId: Schema.String,
  event: Schema.String
}) {
  override get message() {
    return `session ${this.sessionId} has moved on; ${this.event} does not belong to its state`
  }
}

/** What fences an owner's writes. */
export interface Claim {
  readonly sessionId: SessionId
  readonly generation: number
}

/** One caller's name for one request. */
export interface ReceiptKey {
  readonly scope: string
  readonly key: string
  readonly fingerprint: string
}

export interface AppendOptions {
  readonly patch?: { readonly turn: number; readonly round: number; readonly patch: string } | undefined
  readonly receipt?: ReceiptKey | undefined
}

export interface NewSession {
  readonly id: SessionId
  readonly spec: SessionSpec
  readonly receipt: ReceiptKey | undefined
}

/** How long a receipt answers for its request. */
export const receiptLifetime = Duration.hours(24)

export class SessionStore extends Context.Tag("opentl/services/store/SessionStore")<SessionStore, {
  /** Writes the session's first event; a known receipt answers the session that it was given for. */
  readonly create: (
    session: NewSession
  ) => Effect.Effect<{ readonly session: Session; readonly replayed: boolean }, IdempotencyConflict | StoreError>
  /** Decides a command on the present state and writes what follows. A known receipt changes nothing. */
  readonly commit: (
    id: SessionId,
    command: SessionCommand,
    rules: DecisionRules,
    receipt?: ReceiptKey
  ) => Effect.Effect<SessionState, CommandRejected | SessionNotFound | StoreError>
  /** Writes facts: all of them or, where one does not belong, none. A known receipt writes nothing. Returns the state then. */
  readonly append: (
    claim: Claim,
    events: ReadonlyArray<SessionEvent>,
    options?: AppendOptions
  ) => Effect.Effect<SessionState, EventsRefused | SessionLost | StoreError>
  /** Writes a batch of log lines of several sessions in one transaction; batches that are void are named, not failed. */
  readonly appendLog: (
    batches: ReadonlyArray<{ readonly claim: Claim; readonly events: ReadonlyArray<LogEvent> }>
  ) => Effect.Effect<ReadonlySet<SessionId>, StoreError>
  /** Takes the session for this owner, which ends every earlier owner's right to write. */
  readonly claim: (id: SessionId, owner: string) => Effect.Effect<Claim, SessionNotFound | StoreError>
  readonly state: (id: SessionId) => Effect.Effect<SessionState, SessionNotFound | StoreError>
}>() {
  static readonly layer = Layer.effect(
    SessionStore,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const bus = yield* EventBus
      const queries = yield* SessionQueries.make
      const encodeSummary = Schema.encodeSync(Schema.parseJson(SessionSummary))

      const failing = (operation: string) => Effect.mapError((cause: unknown) => new StoreError({ operation, cause }))

      /** Numbers and writes events, and brings the row, the outbox and the memory of the state up to date. */
      const write = Effect.fnUntraced(function*(
        id: SessionId,
        state: SessionState,
        events: ReadonlyArray<SessionEvent>,
        generation?: number
      ) {
        const now = DateTime.formatIso(yield* DateTime.now)
        const summary = summarize(state)
        const ended = isEnd(summary.status)
        // a round that begins (anew) has a log of its own
        const begins = events.find((event) => event._tag === "RoundStarted")
        const rows = yield* sql<{ readonly last: number }>`UPDATE sessions SET
            last_event_id = last_event_id + ${events.length},
            status = ${summary.status},
            branch = ${summary.branch},
            pr_url = ${summary.prUrl ?? ""},
            pr_number = ${summary.prNumber ?? 0},
            error = ${summary.error ?? ""},
            summary = ${encodeSummary(summary)},
            updated_at = ${now},
            ended_at = ${ended ? now : null}
            ${
          begins === undefined ? sql`` : sql`, log_turn = ${begins.turn}, log_round = ${begins.round}, log_line = 0`
        }
          WHERE id = ${id} ${generation === undefined ? sql`` : sql`AND generation = ${generation}`}
          RETURNING last_event_id AS last`
        const last = rows[0]?.last
        if (last === undefined) return yield* new SessionLost({ sessionId: id })
        yield* insertEvents(id, last - events.length, now, events)
        yield* sql`UPDATE outbox SET head = ${last} WHERE session_id = ${id}`
        queries.remember(id, last, state)
      })

      const insertEvents = (id: SessionId, after: number, now: string, events: ReadonlyArray<SessionEvent>) =>
        Effect.forEach(
          chunksOf(events, 100),
          ([offset, chunk]) =>
            sql`INSERT INTO session_events ${
              sql.insert(chunk.map((event, i) => ({
                id: after + offset + i + 1,
                session_id: id,
                ...describe(event),
                created_at: now,
                detail: JSON.stringify(storedDetail(event))
              })))
            }`,
          { discard: true }
        )

      const replayed = Effect.fnUntraced(function*(receipt: ReceiptKey) {
        const now = yield* Clock.currentTimeMillis
        yield* sql`DELETE FROM command_receipts WHERE created_at < ${now - Duration.toMillis(receiptLifetime)}`
        const known = yield* queries.receipt(receipt.scope, receipt.key)
        if (known !== undefined && known.fingerprint !== receipt.fingerprint) {
          return yield* new IdempotencyConflict({ key: receipt.key })
        }
        return known?.session_id
      })

      const keep = Effect.fnUntraced(function*(id: SessionId, receipt: ReceiptKey | undefined) {
        if (receipt === undefined) return
        const row = { ...receipt, session_id: id, created_at: yield* Clock.currentTimeMillis }
        yield* sql`INSERT INTO command_receipts ${sql.insert(row)}`
      })

      const create = Effect.fn("SessionStore.create")(function*({ id, receipt, spec }: NewSession) {
        const known = receipt === undefined ? undefined : yield* replayed(receipt)
        if (known !== undefined) return { session: toSession(yield* queries.row(known)), replayed: true }
        const event = SessionCreated.make({ ...spec, branch: branchOf(id) })
        const state = createState(event)
        const now = DateTime.formatIso(yield* DateTime.now)
        const summary = summarize(state)
        yield* sql`INSERT INTO sessions (id, repo, prompt, created_at, updated_at, position)
          SELECT ${id}, ${summary.repo}, ${summary.prompt}, ${now}, ${now}, COALESCE(MAX(position), 0) + 1 FROM sessions`
        yield* write(id, state, [event])
        yield* keep(id, receipt)
        return { session: toSession(yield* queries.row(id)), replayed: false }
      }, sql.withTransaction)

      const commit = Effect.fn("SessionStore.commit")(
        function*(id: SessionId, command: SessionCommand, rules: DecisionRules, receipt?: ReceiptKey) {
          // the first statement takes the write lock: what is read here is what is written on
          yield* sql`UPDATE sessions SET updated_at = updated_at WHERE id = ${id}`
          const state = yield* queries.state(id)
          if (receipt !== undefined && (yield* replayed(receipt)) !== undefined) return state
          const decision = decide(id, state, command, rules)
          if (decision._tag === "Rejected") return yield* decision.error
          yield* keep(id, receipt)
          if (decision.events.length === 0) return state
          const next = decision.events.reduce(evolve, state)
          yield* write(id, next, decision.events)
          return next
        },
        sql.withTransaction
      )

      const append = Effect.fn("SessionStore.append")(
        function*(claim: Claim, events: ReadonlyArray<SessionEvent>, { patch, receipt }: AppendOptions = {}) {
          yield* sql`UPDATE sessions SET updated_at = updated_at WHERE id = ${claim.sessionId}`
          let state = yield* queries.state(claim.sessionId)
          if (receipt !== undefined && (yield* replayed(receipt)) !== undefined) return state
          yield* keep(claim.sessionId, receipt)
          if (events.length === 0) return state
          for (const event of events) {
            if (!admits(state, event)) {
              return yield* new EventsRefused({ sessionId: claim.sessionId, event: event._tag })
            }
            state = evolve(state, event)
          }
          yield* write(claim.sessionId, state, events, claim.generation)
          if (patch !== undefined) {
            yield* sql`INSERT INTO session_diffs ${sql.insert({ session_id: claim.sessionId, ...patch })}
              ON CONFLICT (session_id) DO UPDATE SET turn = excluded.turn, round = excluded.round, patch = excluded.patch`
          }
          return state
        },
        sql.withTransaction
      )

      const appendLog = Effect.fn("SessionStore.appendLog")(
        function*(batches: ReadonlyArray<{ readonly claim: Claim; readonly events: ReadonlyArray<LogEvent> }>) {
          const now = DateTime.formatIso(yield* DateTime.now)
          const refused = new Set<SessionId>()
          for (const { claim, events } of batches) {
            const final = events[events.length - 1]
            if (final === undefined) continue
            // a line is stored once: what a re-attached follower reads again is behind the cursor
            const rows = yield* sql<{ readonly last: number }>`UPDATE sessions SET
                last_event_id = last_event_id + ${events.length}, updated_at = ${now},
                log_turn = ${final.turn}, log_round = ${final.round}, log_line = ${final.line}
              WHERE id = ${claim.sessionId} AND generation = ${claim.generation} AND status = 'running'
              RETURNING last_event_id AS last`
            const last = rows[0]?.last
            if (last === undefined) {
              refused.add(claim.sessionId)
              continue
            }
            yield* insertEvents(claim.sessionId, last - events.length, now, events)
            yield* sql`UPDATE outbox SET head = ${last} WHERE session_id = ${claim.sessionId}`
          }
          return refused
        },
        sql.withTransaction
      )

      const ringing = <A, E>(id: SessionId, effect: Effect.Effect<A, E>) =>
        effect.pipe(
          Effect.onError(() => Effect.sync(() => queries.forget(id))),
          Effect.tap(() => bus.ring(id)),
          Effect.uninterruptible
        )

      return SessionStore.of({
        create: (session) =>
          ringing(session.id, create(session)).pipe(
            Effect.catchTags({
              SqlError: (cause) => new StoreError({ operation: "create a session", cause }),
              ParseError: (cause) => new StoreError({ operation: "create a session", cause }),
              SessionNotFound: (cause) => new StoreError({ operation: "create a session", cause }),
              SessionLost: (cause) => new StoreError({ operation: "create a session", cause })
            })
          ),
        commit: (id, command, rules, receipt) =>
          ringing(id, commit(id, command, rules, receipt)).pipe(
            Effect.catchTags({
              SqlError: (cause) => new StoreError({ operation: "record a command", cause }),
              ParseError: (cause) => new StoreError({ operation: "record a command", cause }),
              IdempotencyConflict: (cause) => new StoreError({ operation: "record a command", cause }),
              SessionLost: (cause) => new StoreError({ operation: "record a command", cause })
            })
          ),
        append: (claim, events, options) =>
          ringing(claim.sessionId, append(claim, events, options)).pipe(
            Effect.catchTags({
              IdempotencyConflict: (cause) => new StoreError({ operation: "record events", cause }),
              SqlError: (cause) => new StoreError({ operation: "record events", cause }),
              ParseError: (cause) => new StoreError({ operation: "record events", cause }),
              SessionNotFound: () => new SessionLost({ sessionId: claim.sessionId })
            })
          ),
        appendLog: (batches) =>
          appendLog(batches).pipe(
            failing("record output"),
            Effect.tap(() => Effect.forEach(new Set(batches.map((batch) => batch.claim.sessionId)), bus.ring)),
            Effect.uninterruptible
          ),
        claim: Effect.fn("SessionStore.claim")(function*(id, owner) {
          const rows = yield* sql<{ readonly generation: number }>`UPDATE sessions
            SET owner_id = ${owner}, generation = generation + 1 WHERE id = ${id} RETURNING generation`.pipe(
            failing("claim a session")
          )
          const generation = rows[0]?.generation
          if (generation === undefined) return yield* new SessionNotFound({ id })
          return { sessionId: id, generation }
        }),
        state: (id) =>
          queries.state(id).pipe(
            Effect.catchTags({
              SqlError: (cause) => new StoreError({ operation: "read a session", cause }),
              ParseError: (cause) => new StoreError({ operation: "read a session", cause })
            })
          )
      })
    })
  )
}

/** Rows go in a hundred at a time: SQLite bounds the number of parameters of a statement. */
const chunksOf = <A>(
  items: ReadonlyArray<A>,
  size: number
): ReadonlyArray<readonly [offset: number, chunk: ReadonlyArray<A>]> =>
  Array.from(
    { length: Math.ceil(items.length / size) },
    (_, i) => [i * size, items.slice(i * size, (i + 1) * size)] as const
  )
