/**
 * Which watchers are due for an update. Pure. Each watcher is attempted at most once a second, so that no message is
 * edited more often; a running turn is refreshed regularly for its elapsed time; and whoever has waited longest goes
 * first, so that everyone gets a share of small limits.
 *
 * Times are in epoch milliseconds. Nothing in the schedule is needed after a restart.
 */
import * as Duration from "effect/Duration"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import type { Delivery } from "../../services/store/Outbox.ts"

/** At most one attempt per watcher in this time, in milliseconds. */
const pause = Duration.toMillis("1 second")
/** How often the elapsed time of a running turn is updated, in milliseconds. */
const refreshEvery = Duration.toMillis("12 seconds")
/** The longest back-off after a failure that names no delay, in milliseconds. */
export const longestBackoff = Duration.toMillis("1 minute")

/** What the schedule knows about a watcher. */
interface Trace {
  /** The delivery as stored now. */
  readonly delivery: Delivery
  /** The earliest time of the next attempt. */
  readonly notBefore: number
  /** When to refresh its elapsed time; never if absent. */
  readonly refreshAt: number | undefined
}

export interface DeliverySchedule {
  readonly traces: HashMap.HashMap<string, Trace>
  /** The platform rejects all calls before this time. */
  readonly pausedUntil: number
}

export const empty: DeliverySchedule = { traces: HashMap.empty(), pausedUntil: 0 }

/** One attempt at a watcher. A refresh only justifies an edit of the elapsed time. */
export interface Task {
  readonly delivery: Delivery
  readonly isRefresh: boolean
}

export const nameOf = ({ sessionId, watcher }: Delivery): string => `${sessionId} ${watcher}`

const traceOf = ({ traces }: DeliverySchedule, delivery: Delivery): Trace | undefined =>
  Option.getOrUndefined(HashMap.get(traces, nameOf(delivery)))

const withTrace = (schedule: DeliverySchedule, trace: Trace): DeliverySchedule => ({
  ...schedule,
  traces: HashMap.set(schedule.traces, nameOf(trace.delivery), trace)
})

export const isPaused = ({ pausedUntil }: DeliverySchedule, now: number): boolean => now < pausedUntil

/** The tasks that are due now. `behind` are the watchers that have not seen everything; they come first. */
export const due = (schedule: DeliverySchedule, behind: ReadonlyArray<Delivery>, now: number): ReadonlyArray<Task> => {
  const lookedAt = (task: Task) => traceOf(schedule, task.delivery)?.notBefore ?? 0
  const longestFirst = (tasks: ReadonlyArray<Task>) => tasks.toSorted((a, b) => lookedAt(a) - lookedAt(b))
  const news = behind.map((delivery) => ({ delivery, isRefresh: false })).filter((task) => lookedAt(task) <= now)
  const names = new Set(news.map(({ delivery }) => nameOf(delivery)))
  const aged = [...HashMap.values(schedule.traces)].filter((trace) =>
    !names.has(nameOf(trace.delivery)) && trace.notBefore <= now && (trace.refreshAt ?? Infinity) <= now
  )
  return [
    ...longestFirst(news),
    ...longestFirst(aged.map(({ delivery }) => ({ delivery, isRefresh: true })))
  ]
}

/** The watcher's state was stored, usually because something was shown. */
export const kept = (delivery: Delivery, now: number) => (schedule: DeliverySchedule): DeliverySchedule =>
  withTrace(schedule, { delivery, notBefore: now + pause, refreshAt: traceOf(schedule, delivery)?.refreshAt })

/** Everything is shown; a running turn is refreshed later. */
export const shown = (delivery: Delivery, isAtWork: boolean, now: number) => (schedule: DeliverySchedule) => {
  const trace = traceOf(schedule, delivery)
  return trace === undefined
    ? schedule
    : withTrace(schedule, { ...trace, refreshAt: isAtWork ? now + refreshEvery : undefined })
}

/** The delay after a failure, in milliseconds: the platform's own, else a growing back-off. */
export const waitAfter = ({ attempts }: Delivery, retryAfterMillis: number | undefined): number =>
  retryAfterMillis ?? Math.min(longestBackoff, 1000 * 2 ** Math.min(attempts, 10))

/** The attempt failed and is retried after `wait` milliseconds. The elapsed time alone does not justify an attempt. */
export const postponed = (delivery: Delivery, wait: number, now: number) => (schedule: DeliverySchedule) => {
  const trace = traceOf(schedule, delivery)
  return withTrace(schedule, {
    delivery: trace?.delivery ?? delivery,
    notBefore: now + wait,
    refreshAt: trace?.refreshAt === undefined ? undefined : now + Math.max(wait, refreshEvery)
  })
}

/** The platform rejects all calls for `wait` milliseconds. */
export const paused = (wait: number, now: number) => (schedule: DeliverySchedule): DeliverySchedule => ({
  ...schedule,
  pausedUntil: Math.max(schedule.pausedUntil, now + wait)
})

/** Removes the watchers that need no more updates. */
export const tidied = (now: number) => (schedule: DeliverySchedule): DeliverySchedule => ({
  ...schedule,
  traces: HashMap.filter(
    schedule.traces,
    (trace) => trace.refreshAt !== undefined || trace.notBefore + longestBackoff >= now
  )
})
