/**
 * Remembers that something was in order, for a while or for good. What was not is looked at anew by everyone who asks.
 *
 * Whoever asks first looks, and the others wait. If that one is interrupted, the next one looks: `Effect.cached` and its like would
 * keep the interruption, and interrupt everyone who asks from then on.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** Only successes are remembered. */
export const make = Effect.fnUntraced(
  function*<A, E, R>(check: Effect.Effect<A, E, R>, lifetime: Duration.DurationInput) {
    const context = yield* Effect.context<R>()
    const one = yield* Effect.makeSemaphore(1)
    let known: { readonly value: A; readonly until: number } | undefined

    const knownOrElse = <E2>(look: Effect.Effect<A, E2>) =>
      Effect.flatMap(
        Clock.currentTimeMillis,
        (now) => known !== undefined && now < known.until ? Effect.succeed(known.value) : look
      )
    const look = Effect.zipWith(Effect.provide(check, context), Clock.currentTimeMillis, (value, now) => {
      known = { value, until: now + Duration.toMillis(lifetime) }
      return value
    })
    return knownOrElse(one.withPermits(1)(knownOrElse(look)))
  }
)

/** The same, for what stays as it was found. */
export const once = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Effect.Effect<A, E>, never, R> =>
  make(effect, Duration.infinity)
