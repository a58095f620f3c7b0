/**
 * Group commit for output: the lines that many sessions produce at the same time go to the store in one transaction.
 * A caller has its result when its lines are safe, so a fast sandbox is slowed to the speed of the disk, and to nothing
 * while the disk takes none.
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

/** How many callers can wait for one; further ones wait to wait. */
const capacity = 256

/** While something is the matter with the database, its callers wait and try again. */
const firstWait = "250 millis"
const untilWell = Schedule.exponential("500 millis").pipe(Schedule.union(Schedule.spaced("2 seconds")))

const isOfDatabase = (error: Failure): boolean => error._tag === "StoreError" && error.fault !== undefined

const stopped = new StoreError({ operation: "record output", cause: "the writer has stopped" })

/** Not the database's, so one of the batches'. */
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

export class LogWriter extends Context.Tag("opentl/services/store/LogWriter")<LogWriter, {
  /**
   * Writes a session's next lines, in order, and returns when they are stored. A full disk or a locked database is waited
   * out. A `StoreError` means that the lines have to be read again from where the store ends.
   */
  readonly write: (claim: Claim, events: ReadonlyArray<LogEvent>) => Effect.Effect<void, Failure>
}>() {
  static readonly layer = Layer.scoped(
    LogWriter,
    Effect.gen(function*() {
      const store = yield* SessionStore
      const tasks = yield* BackgroundTasks
      const queue = yield* Queue.bounded<Batch>(capacity)

      /** Writes a group, and tells each caller what became of its lines. */
      const settle = (group: ReadonlyArray<Batch>): Effect.Effect<void> =>
        Effect.matchCauseEffect(store.appendLog(group), {
          onSuccess: (outcomes) =>
            Effect.forEach(group, (batch, i) => Deferred.complete(batch.written, resultOf(batch, outcomes[i])), {
              discard: true
            }),
          onFailure: (cause) =>
            // a fault of one batch's own must not be the others': each is written by itself
            isOwnFault(cause) && group.length > 1
              ? Effect.forEach(group, (batch) => settle([batch]), { discard: true })
              : Effect.forEach(group, (batch) => Deferred.failCause(batch.written, cause), { discard: true })
        })

      /** Nobody writes these any more. */
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
              // who waits is told, whatever becomes of the writing
              return Effect.ensuring(restore(settle(batches)), abandon(batches))
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
