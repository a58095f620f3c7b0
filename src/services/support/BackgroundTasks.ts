/**
 * Runs the fibers that live as long as the program: loops that read a queue, poll, sweep, follow. A fiber that fails or
 * dies of a defect is logged and restarted with growing delays; until it has run for a while, it is reported as
 * restarting, which `/ready` shows. A long-lived fiber that is forked in another way could end unnoticed.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"

export type TaskState =
  | { readonly _tag: "Running"; readonly since: DateTime.Utc }
  /** It failed then for the first time, last for this reason, and has not lived long enough since. */
  | {
    readonly _tag: "Restarting"
    readonly since: DateTime.Utc
    readonly because: string
    /** The number of failures since then. */
    readonly failures: number
  }

export interface Task {
  readonly name: string
  readonly state: TaskState
}

/** The delay before a restart doubles from the first of these to the last. */
const firstDelay = Duration.millis(100)
const longestDelay = Duration.seconds(30)

/** The delay after this many consecutive failures. */
const delayAfter = (failures: number): Duration.Duration =>
  Duration.min(longestDelay, Duration.times(firstDelay, 2 ** Math.min(failures - 1, 20)))

/** A task that has run this long after a restart counts as running, and its next restart is quick. */
export const settledAfter = Duration.minutes(1)

const reasonOf = (cause: Cause.Cause<unknown>): string => {
  if (Cause.isInterruptedOnly(cause)) return "it was interrupted from within"
  const error = Cause.squash(cause)
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? ""
}

export class BackgroundTasks extends Context.Tag("opentl/services/support/BackgroundTasks")<BackgroundTasks, {
  /**
   * Starts a task for the lifetime of the scope. A failure or defect is logged with its cause, and the task is
   * restarted after 0.1 s, 0.2 s, … at most 30 s. It is not restarted after it succeeds or is interrupted.
   */
  readonly run: <E, R>(
    name: string,
    task: Effect.Effect<unknown, E, R>
  ) => Effect.Effect<Fiber.RuntimeFiber<void>, never, R | Scope.Scope>
  /** The tasks that were started and have not ended. */
  readonly tasks: Effect.Effect<ReadonlyArray<Task>>
}>() {
  static readonly layer = Layer.effect(BackgroundTasks, Effect.suspend(() => make))
}

/** A separate set of background tasks, for use outside the program. */
export const make: Effect.Effect<Context.Tag.Service<BackgroundTasks>> = Effect.gen(function*() {
  const states = yield* Ref.make<ReadonlyMap<symbol, Task>>(new Map())

  const set = (key: symbol, task: Task) => Ref.update(states, (all) => new Map([...all, [key, task]]))
  const remove = (key: symbol) => Ref.update(states, (all) => new Map([...all].filter(([other]) => other !== key)))

  const run = Effect.fnUntraced(function*<E, R>(name: string, task: Effect.Effect<unknown, E, R>) {
    const key = Symbol(name)
    const running = Effect.flatMap(DateTime.now, (since) => set(key, { name, state: { _tag: "Running", since } }))

    const failed = Effect.fnUntraced(function*(cause: Cause.Cause<E>) {
      const now = yield* DateTime.now
      const before = (yield* Ref.get(states)).get(key)?.state
      const { failures, since } = before?._tag === "Restarting" ? before : { failures: 0, since: now }
      const state = { _tag: "Restarting", since, because: reasonOf(cause), failures: failures + 1 } as const
      yield* set(key, { name, state })
      const delay = delayAfter(state.failures)
      yield* Effect.logError(`${name} has failed; it is started again in ${Duration.format(delay)}`, cause)
      return delay
    })

    /** One run of the task. While it is reported as restarting, it has to stay up for a while. */
    const life = Effect.flatMap(Ref.get(states), (all) =>
      all.get(key)?.state._tag !== "Restarting"
        ? task
        : Effect.acquireUseRelease(
          Effect.fork(Effect.interruptible(Effect.delay(running, settledAfter))),
          () => task,
          Fiber.interrupt
        ))

    const lives = Effect.gen(function*() {
      for (;;) {
        // interrupting this fiber ends everything here; an interruption from within counts as a failure
        const exit = yield* Effect.exit(life)
        if (Exit.isSuccess(exit)) return
        yield* Effect.flatMap(failed(exit.cause), Effect.sleep)
      }
    }).pipe(Effect.ensuring(remove(key)), Effect.annotateLogs({ task: name }))
    yield* running
    return yield* Effect.forkScoped(lives)
  })

  return BackgroundTasks.of({ run, tasks: Effect.map(Ref.get(states), (all) => [...all.values()]) })
})

/** The description of a restarting task. */
export const describe = ({ state }: Task): Option.Option<string> =>
  state._tag === "Running"
    ? Option.none()
    : Option.some(`restarting since ${DateTime.formatIso(state.since)}, because ${state.because}`)
