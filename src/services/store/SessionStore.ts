/**
 * Writes the log. One transaction per command: its events, the session's row (a projection), the receipt and the
 * outbox's marks; the bell rings after the commit. Only the holder of a session's newest generation may write its
 * events, so an owner that was presumed dead can no longer write.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type { SessionId } from "../../domain/Ids.ts"
import { SessionNotFound } from "../../domain/Session.ts"
import type { LogEvent, SessionEvent } from "../../domain/SessionEvent.ts"
import type { IdempotencyConflict } from "../../domain/SessionRequest.ts"
import type { SessionState } from "../../domain/SessionState.ts"
import type { VerificationReport } from "../../domain/Verification.ts"
import * as Span from "../support/Span.ts"
import { EventBus } from "./EventBus.ts"
import * as GroupCommit from "./GroupCommit.ts"
import * as NewSessionWrites from "./NewSessionWrites.ts"
import * as ReviewParts from "./ReviewParts.ts"
import { type Claim, type ReceiptKey, receiptLifetime, SessionLost } from "./SessionClaims.ts"
import * as SessionQueries from "./SessionQueries.ts"
import * as SessionWrites from "./SessionWrites.ts"
import { StoreError } from "./StoreError.ts"

export { type Claim, type ReceiptKey, receiptLifetime, SessionLost }

/** What is stored beside a round's events, because it is too large for one. The session's newest of each kind is kept. */
export type Attachment = Data.TaggedEnum<{
  /** The diff. */
  Patch: { readonly turn: number; readonly round: number; readonly patch: string }
  /** The verification with whole tails. */
  Verification: { readonly report: VerificationReport }
  /** The answer for a part of a diff; kept until its review ends. */
  ReviewPart: { readonly at: ReviewParts.ReviewAt; readonly part: ReviewParts.ReviewPart }
}>
export const Attachment = Data.taggedEnum<Attachment>()

export interface AppendOptions {
  readonly attachment?: Attachment | undefined
  readonly receipt?: ReceiptKey | undefined
}

export class SessionStore extends Context.Tag("opentl/services/store/SessionStore")<SessionStore, {
  /** Writes the session's first event. For a known receipt, returns the session that it was issued for. */
  readonly create: (
    session: NewSessionWrites.NewSession
  ) => Effect.Effect<NewSessionWrites.Created, IdempotencyConflict | StoreError>
  /**
   * Appends events to a session, all or none; `state` is the state that results. With a known receipt, nothing is
   * written. After a `StoreError`, either nothing or everything was written.
   */
  readonly append: (
    claim: Claim,
    events: ReadonlyArray<SessionEvent>,
    state: SessionState,
    options?: AppendOptions
  ) => Effect.Effect<"written" | "known", SessionLost | StoreError>
  /**
   * Writes batches of log lines of several sessions in one transaction. A rejected batch is an outcome, not a failure.
   */
  readonly appendLog: (
    batches: ReadonlyArray<{ readonly claim: Claim; readonly events: ReadonlyArray<LogEvent> }>
  ) => Effect.Effect<ReadonlyArray<SessionWrites.LogOutcome>, StoreError>
  /** Claims the session for this owner, which ends every earlier owner's right to write. */
  readonly claim: (id: SessionId, owner: string) => Effect.Effect<Claim, SessionNotFound | StoreError>
  /** The state folded from all the session's events. */
  readonly load: (id: SessionId) => Effect.Effect<SessionState, SessionNotFound | StoreError>
}>() {
  static readonly layer = Layer.effect(
    SessionStore,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const bus = yield* EventBus
      const queries = yield* SessionQueries.make
      const writes = yield* SessionWrites.make(queries)
      const create = yield* NewSessionWrites.make(queries, writes)

      const failing = (operation: string) => Effect.mapError((cause: unknown) => new StoreError({ operation, cause }))

      /** Runs a transaction and then rings the bell, even if the caller was interrupted meanwhile. */
      const transaction = <A, E>(id: SessionId, body: Effect.Effect<A, E>) =>
        Effect.onExit(sql.withTransaction(body), () => bus.ring(id))

      /** All sessions of a batch, or none. */
      const createAll = (batch: Arr.NonEmptyReadonlyArray<NewSessionWrites.NewSession>) =>
        sql.withTransaction(create(batch)).pipe(
          failing("create a session"),
          Effect.onExit(() => Effect.forEach(batch, ({ id }) => bus.ring(id), { discard: true }))
        )
      const createInGroup = yield* GroupCommit.make<
        NewSessionWrites.NewSession,
        NewSessionWrites.Created,
        IdempotencyConflict | StoreError
      >(createAll, { isForAll: (error) => error._tag === "StoreError" && error.fault === "locked" })

      const attach = (id: SessionId, attachment: Attachment) =>
        Attachment.$match(attachment, {
          Patch: ({ patch, round, turn }) => writes.patch(id, { turn, round, patch }),
          Verification: ({ report }) => writes.verification(id, report),
          ReviewPart: ({ at, part }) => ReviewParts.write(sql, id, at, part)
        })

      const append = (
        { generation, sessionId: id }: Claim,
        events: ReadonlyArray<SessionEvent>,
        state: SessionState,
        { attachment, receipt }: AppendOptions
      ) =>
        Effect.gen(function*() {
          if (receipt !== undefined) {
            yield* writes.forgetReceipts
            if ((yield* writes.replayed(receipt)) !== undefined) return "known" as const
            yield* writes.receipt(id, receipt)
          }
          if (events.length > 0) yield* writes.events(id, state, events, generation)
          if (attachment !== undefined) yield* attach(id, attachment)
          return "written" as const
        })

      return SessionStore.of({
        create: (session) => Span.within("SessionStore.create")(createInGroup(session)),
        append: Effect.fn("SessionStore.append")((claim, events, state, options = {}) =>
          transaction(claim.sessionId, append(claim, events, state, options)).pipe(
            Effect.catchTags({
              IdempotencyConflict: (cause) => new StoreError({ operation: "record events", cause }),
              SqlError: (cause) => new StoreError({ operation: "record events", cause }),
              ParseError: (cause) => new StoreError({ operation: "record events", cause })
            })
          )
        ),
        appendLog: Effect.fn("SessionStore.appendLog")((batches) =>
          sql.withTransaction(Effect.forEach(batches, ({ claim, events }) => writes.log(claim, events))).pipe(
            failing("record output"),
            Effect.onExit((exit) =>
              Effect.forEach(
                batches,
                ({ claim }, i) => bus.ring(claim.sessionId, Exit.isSuccess(exit) ? exit.value[i]?.fresh : undefined),
                { discard: true }
              )
            ),
            Effect.map((written) => written.map(({ outcome }) => outcome))
          )
        ),
        claim: Effect.fn("SessionStore.claim")(function*(id, owner) {
          const [row] = yield* failing("claim a session")(sql.withTransaction(writes.generation(id, owner)))
          if (row === undefined) return yield* new SessionNotFound({ id })
          return { sessionId: id, generation: row.generation }
        }),
        load: Effect.fn("SessionStore.load")((id) =>
          queries.state(id).pipe(
            Effect.catchTags({
              SqlError: (cause) => new StoreError({ operation: "read a session", cause }),
              ParseError: (cause) => new StoreError({ operation: "read a session", cause })
            })
          )
        )
      })
    })
  )
}
