/**
 * When the fibers run that write event streams, and when requests begin. Effect's default runs whatever is ready, and what
 * that makes ready, before the event loop is given a turn: while thousands of fibers have something to do (their clients
 * have all come, or gone, at once), no connection is accepted, no request read, no timer run, and whoever asks for `/health`
 * waits for all of them. This one lets them run for a moment, gives the event loop turns, and goes on.
 *
 * It is not for everything: what opens a socket or starts a process and then listens to it relies on being there before the
 * event loop's next turn, which is what Effect's default promises.
 */
import * as Context from "effect/Context"
import * as FiberRef from "effect/FiberRef"
import * as Scheduler from "effect/Scheduler"

/** How long fibers run before the event loop is given turns, in milliseconds. */
const shareMillis = 2

/** How many it is given then: in a turn Node accepts one connection, and one may wait behind a thousand others. */
const turns = 8

/** What the scheduler is built on. */
export interface EventLoop {
  /** Milliseconds, from whenever. */
  readonly now: () => number
  /** Runs it when what runs at present is over. */
  readonly soon: (run: () => void) => void
  /** Runs it when the event loop has had a turn, which costs microseconds where nothing waits for one. */
  readonly nextTurn: (run: () => void) => void
}

const node: EventLoop = {
  // eslint-disable-next-line house/no-clock -- this is what fibers, and their clock, run on
  now: () => performance.now(),
  soon: (run) => queueMicrotask(run),
  // eslint-disable-next-line house/no-clock -- as above
  nextTurn: (run) => void setImmediate(run)
}

export const make = (loop: EventLoop = node): Scheduler.Scheduler => {
  const waiting = new Scheduler.PriorityBuckets()
  let isRunning = false
  /** What is run now: in the order of their urgency, then of their coming. */
  let ready: ReadonlyArray<Scheduler.Task> = []
  let position = 0

  const next = (): Scheduler.Task | undefined => {
    if (position === ready.length) {
      ready = waiting.buckets.flatMap(([, tasks]) => tasks)
      waiting.buckets = []
      position = 0
    }
    const task = ready[position]
    if (task !== undefined) position += 1
    return task
  }

  const afterTurns = (count: number): void => loop.nextTurn(count > 1 ? () => afterTurns(count - 1) : run)

  /** A task is a fiber that runs until it waits for something, or has had its share of operations. */
  const run = (): void => {
    const until = loop.now() + shareMillis
    for (let task = next(); task !== undefined; task = next()) {
      task()
      if (loop.now() >= until) return afterTurns(turns)
    }
    isRunning = false
  }

  return {
    shouldYield: (fiber) =>
      fiber.currentOpCount > fiber.getFiberRef(FiberRef.currentMaxOpsBeforeYield)
        ? fiber.getFiberRef(FiberRef.currentSchedulingPriority)
        : false,
    scheduleTask: (task, priority) => {
      waiting.scheduleTask(task, priority)
      if (isRunning) return
      isRunning = true
      loop.soon(run)
    }
  }
}

/** The process has one event loop, so one of these. */
export class FairScheduler extends Context.Reference<FairScheduler>()("opentl/http/FairScheduler", {
  defaultValue: () => make()
}) {}
