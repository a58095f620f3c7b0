/**
 * Writes requests that arrive together in one transaction: a commit waits for the disk and takes as long for fifty
 * sessions as for one. With 50 requests in flight, creating a session takes half the processor time that it took with a
 * transaction of its own; one alone waits a turn of the event loop longer.
 *
 * A request is answered after its commit. Where a batch fails, each of it is written alone, so that one request does not
 * make another fail. A lock on the database fails all of them, though: each would wait for it in vain, one after the
 * other.
 */
import type * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"

/** How many are written in a transaction, which nothing else is written beside. */
const atMost = 100

interface Waiting<A, B, E> {
  readonly request: A
  readonly done: Deferred.Deferred<B, E>
}

/** Lets the event loop read what else has arrived. */
const nextTurn = Effect.async<void>((resume) => {
  // eslint-disable-next-line house/no-clock -- a turn of the event loop, not a time
  setImmediate(() => resume(Effect.void))
})

export interface GroupCommitOptions<E> {
  /** Whether a batch's failure is that of each request in it, however it is written. */
  readonly isForAll?: (error: E) => boolean
}

/** `write` writes all requests or none, and returns an outcome for each. */
export const make = <A, B, E>(
  write: (requests: Arr.NonEmptyReadonlyArray<A>) => Effect.Effect<ReadonlyArray<Either.Either<B, E>>, E>,
  { isForAll = () => false }: GroupCommitOptions<E> = {}
) =>
  Effect.map(Effect.makeSemaphore(1), (gate) => {
    const line: Array<Waiting<A, B, E>> = []

    const alone = ({ done, request }: Waiting<A, B, E>) =>
      Effect.flatMap(Effect.exit(write([request])), (exit) =>
        Exit.match(exit, {
          onFailure: (cause) => Deferred.failCause(done, cause),
          onSuccess: ([outcome]) =>
            outcome === undefined
              ? Deferred.die(done, new Cause.NoSuchElementException())
              : Deferred.complete(done, outcome)
        }))

    const together = (batch: ReadonlyArray<Waiting<A, B, E>>) => {
      const [first, ...rest] = batch
      if (first === undefined) return Effect.void
      if (rest.length === 0) return alone(first)
      return Effect.matchCauseEffect(write([first.request, ...rest.map(({ request }) => request)]), {
        onFailure: (cause) =>
          Effect.forEach(
            batch,
            Option.exists(Cause.failureOption(cause), isForAll)
              ? ({ done }) => Deferred.failCause(done, cause)
              : alone,
            { discard: true }
          ),
        onSuccess: (outcomes) =>
          Effect.forEach(outcomes, (outcome, i) => {
            const waiting = batch[i]
            return waiting === undefined ? Effect.void : Deferred.complete(waiting.done, outcome)
          }, { discard: true })
      })
    }

    /** Whoever is first in line writes for all. Nothing that happens to its caller interrupts the others' writing. */
    const turn = (own: Waiting<A, B, E>) =>
      Effect.suspend(() => {
        if (!line.includes(own)) return Effect.void
        return Effect.flatMap(nextTurn, () => together(line.splice(0, atMost)))
      })

    return (request: A): Effect.Effect<B, E> =>
      Effect.flatMap(Deferred.make<B, E>(), (done) => {
        const own = { request, done }
        line.push(own)
        return gate.withPermits(1)(Effect.uninterruptible(turn(own))).pipe(
          Effect.zipRight(Deferred.await(done)),
          Effect.onInterrupt(() =>
            Effect.sync(() => {
              const at = line.indexOf(own)
              if (at >= 0) line.splice(at, 1)
            })
          )
        )
      })
  })
