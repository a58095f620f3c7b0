/**
 * Group commit for output: the lines that many sessions produce at the same time go to the store in one transaction.
 * A caller is answered when its lines are safe, so a fast sandbox is slowed to the speed of the disk.
 */
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type { LogEvent } from "../../domain/SessionEvent.ts"
import { type Claim, SessionLost, SessionStore } from "./SessionStore.ts"
import type { StoreError } from "./StoreError.ts"

interface Batch {
  readonly claim: Claim
  readonly events: ReadonlyArray<LogEvent>
  readonly written: Deferred.Deferred<void, SessionLost | StoreError>
}

/** How many callers' batches share a transaction. */
const groupSize = 32

export class LogWriter extends Context.Tag("opentl/services/store/LogWriter")<LogWriter, {
  /** Writes a session's next lines, in order, and answers when they are stored. */
  readonly write: (claim: Claim, events: ReadonlyArray<LogEvent>) => Effect.Effect<void, SessionLost | StoreError>
}>() {
  static readonly layer = Layer.scoped(
    LogWriter,
    Effect.gen(function*() {
      const store = yield* SessionStore
      const queue = yield* Effect.acquireRelease(Queue.bounded<Batch>(256), Queue.shutdown)

      yield* Queue.takeBetween(queue, 1, groupSize).pipe(
        Effect.flatMap((batches) =>
          store.appendLog(Chunk.toReadonlyArray(batches)).pipe(
            Effect.matchEffect({
              onFailure: (error) => Effect.forEach(batches, ({ written }) => Deferred.fail(written, error)),
              onSuccess: (refused) =>
                Effect.forEach(batches, ({ claim, written }) =>
                  refused.has(claim.sessionId)
                    ? Deferred.fail(written, new SessionLost({ sessionId: claim.sessionId }))
                    : Deferred.succeed(written, undefined))
            })
          )
        ),
        Effect.forever,
        Effect.forkScoped
      )

      return LogWriter.of({
        write: Effect.fn("LogWriter.write")(function*(claim, events) {
          const written = yield* Deferred.make<void, SessionLost | StoreError>()
          yield* Queue.offer(queue, { claim, events, written })
          yield* Deferred.await(written)
        })
      })
    })
  )
}
