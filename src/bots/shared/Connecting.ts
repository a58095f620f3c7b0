/** Requests that a bot needs to start. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

const schedule = Schedule.exponential("1 second").pipe(Schedule.either(Schedule.spaced("30 seconds")))

/**
 * Repeats the request until the platform replies, after 1, 2, 4 … and at most 30 seconds. Fails if the platform rejects
 * it.
 */
export const untilAnswered = <A, E extends { readonly isRetryable: boolean }, R>(request: Effect.Effect<A, E, R>) =>
  Effect.retry(request, { schedule, while: (error) => error.isRetryable })
