/** Retries calls to external services: a few times, with growing delays, and not before they permit it. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"

/** The longest delay that is honoured: if a service asks for more, the call fails and says so. */
export const longestWait = Duration.minutes(2)

/** Four retries after about 0.5, 1, 2 and 4 seconds, never more than 20. */
const backoff = Schedule.exponential("500 millis").pipe(
  Schedule.either(Schedule.spaced("20 seconds")),
  Schedule.jittered,
  Schedule.intersect(Schedule.recurs(4))
)

const waitOf = (error: unknown): Duration.Duration =>
  Predicate.hasProperty(error, "retryAfterMillis") && Predicate.isNumber(error.retryAfterMillis)
    ? Duration.millis(error.retryAfterMillis)
    : Duration.zero

const isTransient = (error: unknown): boolean =>
  Predicate.hasProperty(error, "isRetryable") && error.isRetryable === true &&
  Duration.lessThanOrEqualTo(waitOf(error), longestWait)

/** The error's `retryAfterMillis` is the minimum delay. */
const schedule = Schedule.identity<unknown>().pipe(
  Schedule.intersect(backoff),
  Schedule.modifyDelay(([error], delay) => Duration.max(delay, waitOf(error)))
)

/** Retries an effect while its error has `isRetryable`. */
export const retryTransient = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.retry(self, { schedule, while: isTransient })

/** Whether the same request may succeed after this status. Anthropic's 529 means "overloaded". */
export const isRetryableStatus = (status: number): boolean =>
  status === 408 || status === 409 || status === 429 || status >= 500

/** The delay requested by `retry-after-ms` or `retry-after` (seconds, or a date), in milliseconds from `now`. */
export const retryAfterMillis = (
  header: (name: string) => string | null | undefined,
  now: number
): number | undefined => {
  const millis = Number.parseFloat(header("retry-after-ms") ?? "")
  if (millis >= 0) return millis
  const value = (header("retry-after") ?? "").trim()
  if (value === "") return undefined
  const seconds = Number(value)
  if (!Number.isNaN(seconds)) return seconds >= 0 ? seconds * 1000 : undefined
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
