/**
 * Writes requests that arrive together in one transaction: a commit waits for the disk and takes as long for fifty
 * sessions as for one. With 50 requests in flight, creating a session takes half the processor time that it took with a
 * transaction of its own; one alone waits a turn of the event loop longer.
 *
 * Whoever finds nobody writing writes for all in line, and hands that over to the next one; the others only wait for
 * their outcome.
 *
 * A request is answered after its commit. Where a batch fails, each of it is written alone, so that one request does not
 * make another fail. A lock on the database fails all of them, though: each would wait for it in vain, one after the
 * other.
 */
import type * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"

/** How many are written in a transaction, which nothing else is written beside. */
const atMost = 100

interface Waiting<A, B, E> {
  readonly request: A
  /** Tells its caller what it does next: it writes for all, or takes its outcome. Only the first call counts. */
  readonly resume: (next: Effect.Effect<B, E>) => void
  /** Whether its caller was told to write for all. */
  leads: boolean
  /** Set when it is written. */
  outcome: Effect.Effect<B, E>
}

/** Lets the event loop read what else has arrived. */
const nextTurn = Effect.async<void>((resume) => {
  // eslint-disable-next-line house/no-clock -- a turn of the event loop, not a time
  setImmediate(() => resume(Effect.void))
})

/** A `write` that returned too few outcomes. */
const missing = Effect.die(new Cause.NoSuchElementException())

export interface GroupCommitOptions<E> {
  /** Whether a batch's failure is that of each request in it, however it is written. */
  readonly isForAll?: (error: E) => boolean
}

/** `write` writes all requests or none, and returns an outcome for each. */
export const make = <A, B, E>(
  write: (requests: Arr.NonEmptyReadonlyArray<A>) => Effect.Effect<ReadonlyArray<Either.Either<B, E>>, E>,
  { isForAll = () => false }: GroupCommitOptions<E> = {}
) =>
  Effect.sync(() => {
    const line: Array<Waiting<A, B, E>> = []
    let isWriting = false

    const conclude = (waiting: Waiting<A, B, E>, outcome: Effect.Effect<B, E>) => {
      waiting.outcome = outcome
      waiting.resume(outcome)
    }

    const alone = (waiting: Waiting<A, B, E>) =>
      Effect.map(
        Effect.exit(write([waiting.request])),
        Exit.match({
          onFailure: (cause) => conclude(waiting, Effect.failCause(cause)),
          onSuccess: ([outcome]) => conclude(waiting, outcome ?? missing)
        })
      )

    const together = (batch: ReadonlyArray<Waiting<A, B, E>>): Effect.Effect<void> => {
      const [first, ...rest] = batch
      if (first === undefined) return Effect.void
      if (rest.length === 0) return alone(first)
      return Effect.matchCauseEffect(write([first.request, ...rest.map(({ request }) => request)]), {
        onFailure: (cause) =>
          Option.exists(Cause.failureOption(cause), isForAll)
            ? Effect.sync(() => batch.forEach((waiting) => conclude(waiting, Effect.failCause(cause))))
            : Effect.forEach(batch, alone, { discard: true }),
        onSuccess: (outcomes) =>
          Effect.sync(() => batch.forEach((waiting, i) => conclude(waiting, outcomes[i] ?? missing)))
      })
    }

    /** Lets whoever is first in line write next. */
    const handOver = () => {
      const [first] = line
      isWriting = first !== undefined
      if (first === undefined) return
      first.leads = true
      first.resume(lead(first))
    }

    /** Writes for all who are in line by then. Nothing that happens to its caller interrupts the others' writing. */
    const lead = (own: Waiting<A, B, E>): Effect.Effect<B, E> =>
      nextTurn.pipe(
        Effect.flatMap(() => together(line.splice(0, atMost))),
        Effect.flatMap(() => {
          handOver()
          return own.outcome
        }),
        Effect.uninterruptible
      )

    /** Takes an interrupted request out of the line, unless it is being written. */
    const leave = (own: Waiting<A, B, E>) =>
      Effect.sync(() => {
        const at = line.indexOf(own)
        if (at < 0) return
        line.splice(at, 1)
        if (own.leads) handOver()
      })

    return (request: A): Effect.Effect<B, E> =>
      Effect.async((resume) => {
        const own = { request, resume, leads: false, outcome: missing }
        line.push(own)
        if (!isWriting) handOver()
        return leave(own)
      })
  })
