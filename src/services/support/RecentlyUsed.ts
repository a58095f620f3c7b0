/**
 * Keeps what was read by a key, for what never changes. Whoever asks while it is being read reads it, too, because nobody may
 * wait for a reader that can be interrupted (Effect's `Cache` shares one). A failure is not kept.
 */
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"

export interface RecentlyUsed<A> {
  /** What is kept for the key, else what is read now. */
  readonly get: <E, R>(key: string, read: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

type Kept<A> = ReadonlyArray<readonly [key: string, value: A]>

/** The entry first, then those before it that still fit. One that is heavier than the limit is not kept. */
const add = <A>(kept: Kept<A>, key: string, value: A, limit: number, weigh: (value: A) => number): Kept<A> => {
  let room = limit
  return [[key, value] as const, ...kept.filter(([other]) => other !== key)].filter(([, each]) => {
    const weight = weigh(each)
    if (weight > room) return false
    room -= weight
    return true
  })
}

/** Keeps values up to a weight, those that were asked for last. Without `weigh`, so many values. */
export const make = <A>(limit: number, weigh: (value: A) => number = () => 1): Effect.Effect<RecentlyUsed<A>> =>
  Effect.map(Ref.make<Kept<A>>([]), (kept) => ({
    get: (key, read) =>
      Effect.flatMap(Ref.get(kept), (all) => {
        const known = all.find(([other]) => other === key)
        return known === undefined ? read : Effect.succeed(known[1])
      }).pipe(Effect.tap((value) => Ref.update(kept, (all) => add(all, key, value, limit, weigh))))
  }))
