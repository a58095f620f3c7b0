/**
 * Group commit for output: lines that many sessions produce at the same time are stored in one transaction. A caller
 * continues when its lines are stored, so a fast sandbox is slowed to the disk's speed, and stopped while the disk is
 * full.
 */
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import type { LogEvent } from "../../domain/SessionEvent.ts"
import { BackgroundTasks } from "../support/BackgroundTasks.ts"
import { type Claim, SessionLost, SessionStore } from "./SessionStore.ts"
import type { LogOutcome } from "./SessionWrites.ts"
import { StoreError } from "./StoreError.ts"

type Failure = SessionLost | StoreError

interface Batch {
  readonly claim: Claim
  readonly events: ReadonlyArray<LogEvent>
  readonly written: Deferred.Deferred<void, Failure>
}

/** How many callers' batches share a transaction. */
const groupSize = 32

/** How many lines share a transaction, unless one caller has more: 4096 take the event loop's time for 15 ms. */
const mostLines = 4096

/** How many callers can queue for a transaction; further ones wait for room in the queue. */
const capacity = 256

/** While the database is in trouble, callers wait and retry. */
const firstWait = "250 millis"
const untilWell = Schedule.exponential("500 millis").pipe(Schedule.union(Schedule.spaced("2 seconds")))

const isOfDatabase = (error: Failure): boolean => error._tag === "StoreError" && error.fault !== undefined

const stopped = new StoreError({ operation: "record output", cause: "the writer has stopped" })

/** Whether the failure comes from one of the batches, not from the database. */
const isOwnFault = (cause: Cause.Cause<StoreError>): boolean =>
  Option.match(Cause.failureOption(cause), { onNone: () => true, onSome: ({ fault }) => fault === undefined })

const resultOf = ({ claim: { sessionId } }: Batch, outcome: LogOutcome | undefined): Effect.Effect<void, Failure> => {
  switch (outcome) {
    case "stored":
      return Effect.void
    case "gap":
      return new StoreError({ operation: "record output", cause: "the lines before these are not stored" })
    default:
      return new SessionLost({ sessionId })
  }
}

/** Splits a group into transactions. */
const transactionsOf = (group: Iterable<Batch>): ReadonlyArray<ReadonlyArray<Batch>> => {
  const transactions: Array<Array<Batch>> = []
  let lines = Infinity
  for (const batch of group) {
    lines += batch.events.length
    if (lines > mostLines) {
      transactions.push([])
      lines = batch.events.length
    }
    transactions.at(-1)?.push(batch)
  }
  return transactions
}

export class LogWriter extends Context.Tag("opentl/services/store/LogWriter")<LogWriter, {
  /**
   * Writes a session's next lines, in order, and returns when they are stored. Waits out a full disk or a locked
   * database. After a `StoreError` the lines must be read again from where the store ends.
   */
  readonly write: (claim: Claim, events: ReadonlyArray<LogEvent>) => Effect.Effect<void, Failure>
}>() {
  static readonly layer = Layer.scoped(
    LogWriter,
    Effect.gen(function*() {
      const store = yield* SessionStore
      const tasks = yield* BackgroundTasks
      const queue = yield* Queue.bounded<Batch>(capacity)

      /** Writes a group, and reports to each caller what happened to its lines. */
      const settle = (group: ReadonlyArray<Batch>): Effect.Effect<void> =>
        Effect.matchCauseEffect(store.appendLog(group), {
          onSuccess: (outcomes) =>
            Effect.forEach(group, (batch, i) => Deferred.complete(batch.written, resultOf(batch, outcomes[i])), {
              discard: true
            }),
          onFailure: (cause) =>
            // one faulty batch must not fail the others: write each separately
            isOwnFault(cause) && group.length > 1
              ? Effect.forEach(group, (batch) => settle([batch]), { discard: true })
              : Effect.forEach(group, (batch) => Deferred.failCause(batch.written, cause), { discard: true })
        })

      /** Fails batches that will not be written. */
      const abandon = (batches: Iterable<Batch>) =>
        Effect.forEach(batches, ({ written }) => Deferred.fail(written, stopped), { discard: true })

      yield* Effect.addFinalizer(() =>
        Queue.takeAll(queue).pipe(
          Effect.tap(abandon),
          Effect.repeat({ until: Chunk.isEmpty }),
          Effect.zipRight(Queue.shutdown(queue))
        )
      )
      yield* tasks.run(
        "log writer",
        Effect.forever(
          Effect.uninterruptibleMask((restore) =>
            Effect.flatMap(restore(Queue.takeBetween(queue, 1, groupSize)), (group) => {
              const batches = Chunk.toReadonlyArray(group)
              // callers get a result, whatever happens to the write
              const written = Effect.forEach(transactionsOf(batches), settle, { discard: true })
              return Effect.ensuring(restore(written), abandon(batches))
            })
          )
        )
      )

      const attempt = Effect.fnUntraced(function*(claim: Claim, events: ReadonlyArray<LogEvent>) {
        const written = yield* Deferred.make<void, Failure>()
        if (yield* Queue.isShutdown(queue)) return yield* stopped
        yield* Queue.offer(queue, { claim, events, written })
        yield* Deferred.await(written)
      })

      return LogWriter.of({
        write: Effect.fn("LogWriter.write")((claim, events) =>
          Effect.catchIf(
            attempt(claim, events),
            isOfDatabase,
            () =>
              Effect.retry(attempt(claim, events), { schedule: untilWell, while: isOfDatabase }).pipe(
                Effect.delay(firstWait)
              )
          )
        )
      })
    })
  )
}
