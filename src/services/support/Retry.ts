/** How calls to other people's services are repeated: a few times, ever later, and not before they allow it. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"

/** Who asks us to wait for longer than this is not waited for: the call fails and says so. */
export const longestWait = Duration.minutes(2)

/** The first try and four more: after about 0.5, 1, 2 and 4 seconds, never more than 20. */
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

/** `retryAfterMillis` of the error is the least that is waited. */
const schedule = Schedule.identity<unknown>().pipe(
  Schedule.intersect(backoff),
  Schedule.modifyDelay(([error], delay) => Duration.max(delay, waitOf(error)))
)

/** Repeats an effect while its error says `isRetryable`. */
export const retryTransient = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.retry(self, { schedule, while: isTransient })

/** Statuses after which the same request may well succeed. Anthropic's 529 is "overloaded". */
export const isRetryableStatus = (status: number): boolean =>
  status === 408 || status === 409 || status === 429 || status >= 500

/** What `retry-after-ms` and `retry-after` (seconds, or a date) ask for, in milliseconds from `now`. */
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
