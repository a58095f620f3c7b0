/**
 * Who must be told of a session's progress, how far each was told, and what was already sent. A session's events and
 * the mark that there is something to deliver are written in one transaction. Delivery comes later, at least once; the
 * watcher's memo (message ids and their contents) makes it visible once.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqlSchema from "@effect/sql/SqlSchema"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { SessionId } from "../../domain/Ids.ts"
import { StoreError } from "./StoreError.ts"

const Json = Schema.parseJson()

/** One watcher of one session. */
export const Delivery = Schema.Struct({
  sessionId: Schema.propertySignature(SessionId).pipe(Schema.fromKey("session_id")),
  /** `<platform>:<place>`, e.g. `slack:C1/1700000000.1` */
  watcher: Schema.String,
  /** Where to deliver, as stored by the platform's edge. */
  target: Json,
  /** What the platform's edge stores besides the cursor. */
  memo: Json,
  /** The ids of the last delivered event and of the newest event. */
  told: Schema.NonNegativeInt,
  head: Schema.NonNegativeInt,
  attempts: Schema.NonNegativeInt
})
export type Delivery = typeof Delivery.Type

type Watcher = Pick<Delivery, "sessionId" | "watcher">

export class Outbox extends Context.Tag("opentl/services/store/Outbox")<Outbox, {
  /** Adds a watcher to the session, starting with its first event. Idempotent. */
  readonly watch: (watcher: Watcher, target: unknown, memo?: unknown) => Effect.Effect<void, StoreError>
  /** A platform's watchers with something to deliver now, those that have waited longest first. */
  readonly due: (platform: string, limit: number) => Effect.Effect<ReadonlyArray<Delivery>, StoreError>
  /** The watchers of a session. */
  readonly watchers: (session: SessionId) => Effect.Effect<ReadonlyArray<Delivery>, StoreError>
  /** Stores the memo, before and after each visible effect, so that a crash in between is recognised. */
  readonly keep: (watcher: Watcher, memo: unknown) => Effect.Effect<void, StoreError>
  /** Records that everything up to this event was delivered. */
  readonly told: (watcher: Watcher, eventId: number) => Effect.Effect<void, StoreError>
  /** Postpones delivery by so many milliseconds, because of a rate limit or a failure. */
  readonly defer: (watcher: Watcher, millis: number, failed: boolean) => Effect.Effect<void, StoreError>
}>() {
  static readonly layer = Layer.effect(
    Outbox,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const failing = (operation: string) => Effect.mapError((cause: unknown) => new StoreError({ operation, cause }))
      const due = SqlSchema.findAll({
        Request: Schema.Struct({ platform: Schema.String, now: Schema.Int, limit: Schema.Int }),
        Result: Delivery,
        execute: ({ limit, now, platform }) =>
          sql`SELECT session_id, watcher, target, memo, told, head, attempts FROM outbox
            WHERE head > told AND not_before <= ${now} AND watcher >= ${`${platform}:`} AND watcher < ${`${platform};`}
            ORDER BY not_before LIMIT ${limit}`
      })
      const watchers = SqlSchema.findAll({
        Request: SessionId,
        Result: Delivery,
        execute: (id) =>
          sql`SELECT session_id, watcher, target, memo, told, head, attempts FROM outbox WHERE session_id = ${id}`
      })

      return Outbox.of({
        watch: Effect.fn("Outbox.watch")(
          function*({ sessionId, watcher }: Watcher, target: unknown, memo: unknown = {}) {
            yield* sql`INSERT INTO outbox (session_id, watcher, target, memo, head)
            SELECT id, ${watcher}, ${JSON.stringify(target)}, ${JSON.stringify(memo)}, last_event_id FROM sessions
            WHERE id = ${sessionId} ON CONFLICT (session_id, watcher) DO NOTHING`
          },
          failing("watch a session")
        ),
        due: Effect.fn("Outbox.due")(function*(platform: string, limit: number) {
          return yield* due({ platform, limit, now: yield* Clock.currentTimeMillis })
        }, failing("read the outbox")),
        watchers: Effect.fn("Outbox.watchers")((session: SessionId) => failing("read the outbox")(watchers(session))),
        keep: Effect.fn("Outbox.keep")(function*({ sessionId, watcher }: Watcher, memo: unknown) {
          yield* sql`UPDATE outbox SET memo = ${
            JSON.stringify(memo)
          } WHERE session_id = ${sessionId} AND watcher = ${watcher}`
        }, failing("write the outbox")),
        told: Effect.fn("Outbox.told")(function*({ sessionId, watcher }: Watcher, eventId: number) {
          yield* sql`UPDATE outbox SET told = MAX(told, ${eventId}), attempts = 0, not_before = 0
            WHERE session_id = ${sessionId} AND watcher = ${watcher}`
        }, failing("write the outbox")),
        defer: Effect.fn("Outbox.defer")(function*({ sessionId, watcher }: Watcher, millis: number, failed: boolean) {
          const notBefore = (yield* Clock.currentTimeMillis) + millis
          yield* sql`UPDATE outbox SET not_before = ${notBefore}, attempts = attempts + ${failed ? 1 : 0}
            WHERE session_id = ${sessionId} AND watcher = ${watcher}`
        }, failing("write the outbox"))
      })
    })
  )
}
