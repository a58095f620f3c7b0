/**
 * Which watchers are to be told something now. Pure. A watcher is looked at at most once a second, so that no message is
 * edited more often; a turn at work is shown anew from time to time, for its elapsed time; and who waited longest goes
 * first, so that with small limits everyone gets a share.
 *
 * Times are epoch milliseconds. Nothing of the schedule is needed after a restart.
 */
import * as Duration from "effect/Duration"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import type { Delivery } from "../../services/store/Outbox.ts"

/** At most one look at a watcher in this time. */
const pause = Duration.toMillis("1 second")
/** How often the elapsed time of a turn at work is brought up to date. */
const refreshEvery = Duration.toMillis("12 seconds")
/** The longest wait after a failure that names none. */
export const longestBackoff = Duration.toMillis("1 minute")

/** What is remembered of a watcher that was told something. */
interface Trace {
  /** As it is stored now. */
  readonly delivery: Delivery
  /** Not looked at before. */
  readonly notBefore: number
  /** When its elapsed time is to be shown anew; never where absent. */
  readonly refreshAt: number | undefined
}

export interface DeliverySchedule {
  readonly traces: HashMap.HashMap<string, Trace>
  /** The platform refuses everything before. */
  readonly pausedUntil: number
}

export const empty: DeliverySchedule = { traces: HashMap.empty(), pausedUntil: 0 }

/** One look at a watcher; a refresh is worth an edit of the elapsed time, and nothing else. */
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

/** What is to be done now, given the watchers that have not been told everything: they come first. */
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

/** Something was stored of the watcher, which mostly means that something was shown. */
export const kept = (delivery: Delivery, now: number) => (schedule: DeliverySchedule): DeliverySchedule =>
  withTrace(schedule, { delivery, notBefore: now + pause, refreshAt: traceOf(schedule, delivery)?.refreshAt })

/** All is shown; the elapsed time of a turn at work will want an edit. */
export const shown = (delivery: Delivery, isAtWork: boolean, now: number) => (schedule: DeliverySchedule) => {
  const trace = traceOf(schedule, delivery)
  return trace === undefined
    ? schedule
    : withTrace(schedule, { ...trace, refreshAt: isAtWork ? now + refreshEvery : undefined })
}

/** How long to wait after a failure, in milliseconds: what the platform says, else ever longer. */
export const waitAfter = ({ attempts }: Delivery, retryAfterMillis: number | undefined): number =>
  retryAfterMillis ?? Math.min(longestBackoff, 1000 * 2 ** Math.min(attempts, 10))

/** It failed, and is tried again after so many milliseconds. The elapsed time is not worth a try of its own. */
export const postponed = (delivery: Delivery, wait: number, now: number) => (schedule: DeliverySchedule) => {
  const trace = traceOf(schedule, delivery)
  return withTrace(schedule, {
    delivery: trace?.delivery ?? delivery,
    notBefore: now + wait,
    refreshAt: trace?.refreshAt === undefined ? undefined : now + Math.max(wait, refreshEvery)
  })
}

/** The platform refuses everything for so many milliseconds. */
export const paused = (wait: number, now: number) => (schedule: DeliverySchedule): DeliverySchedule => ({
  ...schedule,
  pausedUntil: Math.max(schedule.pausedUntil, now + wait)
})

/** Without the watchers to whom nothing more is to be shown. */
export const tidied = (now: number) => (schedule: DeliverySchedule): DeliverySchedule => ({
  ...schedule,
  traces: HashMap.filter(
    schedule.traces,
    (trace) => trace.refreshAt !== undefined || trace.notBefore + longestBackoff >= now
  )
})
