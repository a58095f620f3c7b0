/** Remembers that something was in order, for a while. What was not is looked at anew by everyone who asks. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** Only successes are remembered. */
export const make = <A, E, R>(
  check: Effect.Effect<A, E, R>,
  lifetime: Duration.DurationInput
): Effect.Effect<Effect.Effect<A, E>, never, R> =>
  Effect.map(
    Effect.cachedInvalidateWithTTL(check, lifetime),
    ([known, forget]) => Effect.tapErrorCause(known, () => forget)
  )
