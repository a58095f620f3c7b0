/**
 * Schedules the fibers that write event streams, and the start of requests. Effect's default scheduler runs everything
 * that is ready, and whatever that makes ready, before the event loop gets a turn: while thousands of fibers are busy
 * (their clients all connected, or all left), no connection is accepted, no request read, no timer run, and a request
 * for `/health` waits for all of them. This scheduler runs fibers for a moment, gives the event loop some turns, and
 * continues.
 *
 * It does not suit everything: code that opens a socket or starts a process and then adds listeners relies on running
 * before the event loop's next turn, which Effect's default scheduler guarantees.
 */
import * as Context from "effect/Context"
import * as FiberRef from "effect/FiberRef"
import * as Scheduler from "effect/Scheduler"

/** How long fibers run before the event loop gets its turns, in milliseconds. */
const shareMillis = 2

/**
 * How many turns the event loop then gets: Node accepts one connection per turn, and one may wait behind a thousand
 * others.
 */
const turns = 8

/** What the scheduler needs from the runtime. */
export interface EventLoop {
  /** Milliseconds since an arbitrary origin. */
  readonly now: () => number
  /** Runs the callback after the current code has finished. */
  readonly soon: (run: () => void) => void
  /** Runs the callback after a turn of the event loop, which takes microseconds if nothing is waiting. */
  readonly nextTurn: (run: () => void) => void
}

const node: EventLoop = {
  // eslint-disable-next-line house/no-clock -- fibers and their clock run on this
  now: () => performance.now(),
  soon: (run) => queueMicrotask(run),
  // eslint-disable-next-line house/no-clock -- as above
  nextTurn: (run) => void setImmediate(run)
}

export const make = (loop: EventLoop = node): Scheduler.Scheduler => {
  const waiting = new Scheduler.PriorityBuckets()
  let isRunning = false
  /** The tasks to run now, by priority, then by arrival. */
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

  /** Runs tasks. A task is a fiber that runs until it waits for something or has used its share of operations. */
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

/** The process has one event loop, so it has one of these. */
export class FairScheduler extends Context.Reference<FairScheduler>()("opentl/http/FairScheduler", {
  defaultValue: () => make()
}) {}
