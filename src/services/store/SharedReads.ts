/** Shares a read among concurrent callers: the first one reads, and the others get its result. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"

interface Known<A, E> {
  readonly result: Deferred.Deferred<A, E>
  weight: number
}

export interface SharedReadsOptions<A> {
  /** How many results are cached, newest first, measured by weight plus one for each. */
  readonly capacity: number
  readonly weigh: (result: A) => number
}

/**
 * Shares reads by key; the value of a key never changes. A failure goes to everyone who waits for it, and is not
 * cached.
 */
export const make = <A, E>({ capacity, weigh }: SharedReadsOptions<A>) => {
  const known = new Map<string, Known<A, E>>()
  let total = 0

  const forget = (key: string) => {
    total -= known.get(key)?.weight ?? 0
    known.delete(key)
  }

  const add = (key: string, entry: Known<A, E>, weight: number) => {
    if (known.get(key) !== entry) return
    entry.weight += weight
    total += weight
    for (const oldest of known.keys()) {
      if (total <= capacity) return
      forget(oldest)
    }
  }

  return (key: string, read: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      const found = known.get(key)
      if (found !== undefined) return Deferred.await(found.result)
      const entry: Known<A, E> = { result: Deferred.unsafeMake(FiberId.none), weight: 0 }
      known.set(key, entry)
      add(key, entry, 1)
      // it continues for the others when the first caller leaves
      return read.pipe(
        Effect.tap((result) => Effect.sync(() => add(key, entry, weigh(result)))),
        Effect.onError(() => Effect.sync(() => forget(key))),
        Effect.intoDeferred(entry.result),
        Effect.zipRight(Deferred.await(entry.result)),
        Effect.uninterruptible
      )
    })
}
