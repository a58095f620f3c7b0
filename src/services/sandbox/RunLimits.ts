/**
 * Ends runs that pass their limits, whatever they run in. Why a run was ended is kept beside it, where it cannot reach,
 * before it is killed: so a server that comes later tells the same.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import type * as Stream from "effect/Stream"
import type { AppConfigShape } from "../config/AppConfig.ts"
import * as DiskWatch from "./DiskWatch.ts"
import * as LimitReached from "./LimitReached.ts"
import * as OutputLimit from "./OutputLimit.ts"

/** How a kind of sandbox keeps its runs. They are named as in `runName`. */
export interface Runs<E> {
  readonly writeMark: (run: string, text: string) => Effect.Effect<void, { readonly message: string }>
  readonly readMark: (run: string) => Effect.Effect<Option.Option<string>, E>
  readonly kill: (run: string) => Effect.Effect<void, E>
  readonly probe: (run: string) => DiskWatch.DiskProbe
}

/** A run over its limits is not let off because it could not be killed at once. */
const untilKilled = Schedule.exponential("200 millis").pipe(Schedule.either(Schedule.spaced("10 seconds")))

export const make = Effect.fnUntraced(function*<E>(limits: AppConfigShape["limits"], runs: Runs<E>) {
  const disk = yield* DiskWatch.make(limits)
  const ended = yield* Ref.make<ReadonlyMap<string, LimitReached.LimitReached>>(new Map())

  const end = Effect.fn("RunLimits.end")(function*(run: string, reached: LimitReached.LimitReached) {
    yield* Effect.logInfo(`ending ${run}: ${reached.reason}`)
    // a full disk has no room for the mark
    yield* Ref.update(ended, (all) => new Map([...all, [run, reached]]))
    yield* Effect.catchAll(
      runs.writeMark(run, LimitReached.toJson(reached)),
      (error) => Effect.logWarning(`why ${run} was ended could not be kept: ${error.message}`)
    )
    yield* runs.kill(run)
  })

  return {
    /** Why a run was ended by its limits, where it was. */
    endOf: Effect.fn("RunLimits.endOf")(function*(run: string) {
      const known = Option.fromNullable((yield* Ref.get(ended)).get(run))
      return Option.isSome(known) ? known : Option.flatMap(yield* runs.readMark(run), LimitReached.fromJson)
    }),
    /** The run has printed more than it may. */
    endForOutput: (run: string) => end(run, LimitReached.outputTooLong(limits.outputBytes)),
    /** A run's output up to its limit, past which it is ended. */
    limitOutput: <E2, R>(run: string, output: Stream.Stream<Uint8Array, E2, R>): Stream.Stream<Uint8Array, E | E2, R> =>
      OutputLimit.limited(output, limits.outputBytes, end(run, LimitReached.outputTooLong(limits.outputBytes))),
    /** Ends the run when it takes too much disk. */
    watchDisk: (run: string): Effect.Effect<never> =>
      disk.untilOver(run, runs.probe(run)).pipe(
        Effect.flatMap((reached) => Effect.retry(end(run, reached), untilKilled)),
        Effect.ignoreLogged,
        Effect.zipRight(Effect.never)
      ),
    /** Once a run and what it took are gone. */
    forget: (run: string) =>
      Effect.zipRight(
        disk.forget(run),
        Ref.update(ended, (all) => new Map([...all].filter(([other]) => other !== run)))
      )
  } as const
})
