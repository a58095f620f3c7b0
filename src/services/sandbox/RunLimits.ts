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
import * as DiskLimit from "./DiskLimit.ts"
import * as DiskWatch from "./DiskWatch.ts"
import * as LimitReached from "./LimitReached.ts"
import * as OutputLimit from "./OutputLimit.ts"

/** How a kind of sandbox keeps its runs. They are named as in `runName`. */
export interface Runs<E> {
  readonly writeMark: (run: string, text: string) => Effect.Effect<void, { readonly message: string }>
  readonly readMark: (run: string) => Effect.Effect<Option.Option<string>, E>
  readonly kill: (run: string) => Effect.Effect<void, E>
  readonly probe: (run: string) => DiskWatch.DiskProbe
  /** What is free on the disk under the runs, where that can be told at little cost. */
  readonly freeNow: Effect.Effect<Option.Option<DiskLimit.FreeSpace>>
  /** What the session's workspace and a run take when nothing runs there any more. */
  readonly left: (run: string) => Effect.Effect<DiskLimit.DiskUse, DiskWatch.MeasurementFailed | DiskWatch.RunEnded>
}

/** How an engine says that it cannot do a thing because the disk is full. */
const isFull = /no space left on device|disk quota exceeded/i

/** A machine that is busy may fail once or twice to tell what a run has left. */
const untilMeasured = Schedule.intersect(Schedule.exponential("500 millis"), Schedule.recurs(2))

const firstLook = "1 second"

/** A run over its limits is not let off because it could not be killed at once. */
const untilKilled = Schedule.exponential("200 millis").pipe(Schedule.either(Schedule.spaced("10 seconds")))

export const make = Effect.fnUntraced(function*<E>(limits: AppConfigShape["limits"], runs: Runs<E>) {
  const disk = yield* DiskWatch.make(limits)
  const ended = yield* Ref.make<ReadonlyMap<string, LimitReached.LimitReached>>(new Map())
  const freeAtStart = yield* Ref.make<ReadonlyMap<string, DiskLimit.FreeSpace>>(new Map())
  const settled = yield* Ref.make<ReadonlySet<string>>(new Set())

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

  const endOf = Effect.fn("RunLimits.endOf")(function*(run: string) {
    const known = Option.fromNullable((yield* Ref.get(ended)).get(run))
    return Option.isSome(known) ? known : Option.flatMap(yield* runs.readMark(run), LimitReached.fromJson)
  })

  const hasLeftLittle = Effect.fnUntraced(function*(run: string) {
    const before = (yield* Ref.get(freeAtStart)).get(run)
    return before !== undefined &&
      Option.exists(yield* runs.freeNow, (after) => DiskLimit.isSmallLoss(limits, before, after))
  })

  return {
    /** A run is about to start. */
    begin: Effect.fn("RunLimits.begin")(function*(run: string) {
      const free = yield* runs.freeNow
      if (Option.isSome(free)) yield* Ref.update(freeAtStart, (all) => new Map([...all, [run, free.value]]))
    }),
    /** Why a run was ended by its limits, where it was. */
    endOf,
    /** The run has printed more than it may. */
    endForOutput: (run: string) => end(run, LimitReached.outputTooLong(limits.outputBytes)),
    /** A run's output up to its limit, past which it is ended. */
    limitOutput: <E2, R>(run: string, output: Stream.Stream<Uint8Array, E2, R>): Stream.Stream<Uint8Array, E | E2, R> =>
      OutputLimit.limited(output, limits.outputBytes, end(run, LimitReached.outputTooLong(limits.outputBytes))),
    /** Ends the run when it takes too much disk. Looks first a second after its start, when it has its hands full. */
    watchDisk: (run: string): Effect.Effect<never> =>
      disk.untilOver(run, runs.probe(run)).pipe(
        Effect.delay(firstLook),
        Effect.flatMap((reached) => Effect.retry(end(run, reached), untilKilled)),
        Effect.ignoreLogged,
        Effect.zipRight(Effect.never)
      ),
    /**
     * Looks once at what an ended run has left: it may have been over between two looks at it, or allocated all there
     * is in no time, and its workspace would stay so.
     */
    settle: Effect.fn("RunLimits.settle")(function*(run: string) {
      if ((yield* Ref.get(settled)).has(run)) return
      // one that was ended for its output may have filled the disk beside it
      if (Option.exists(yield* endOf(run), ({ resource }) => resource === "disk")) return
      const over = (yield* hasLeftLittle(run)) ? Option.none() : yield* runs.left(run).pipe(
        Effect.retry({ schedule: untilMeasured, while: (error) => error._tag === "MeasurementFailed" }),
        Effect.map((use) => DiskLimit.overAtEnd(limits, use)),
        Effect.catchTags({
          RunEnded: () => Effect.succeedNone,
          MeasurementFailed: (error) =>
            Effect.as(
              Effect.logWarning(`what ${run} has left is not known: ${error.message}`),
              // an engine that fails for another reason is no reason to lose a round's work: the next round is measured
              isFull.test(error.reason) ? Option.some(LimitReached.diskUnknown) : Option.none()
            )
        })
      )
      if (Option.isSome(over)) yield* end(run, over.value)
      yield* Ref.update(settled, (all) => new Set([...all, run]))
    }),
    /** Once a run and what it took are gone. */
    forget: Effect.fnUntraced(function*(run: string) {
      yield* disk.forget(run)
      yield* Ref.update(ended, (all) => new Map([...all].filter(([other]) => other !== run)))
      yield* Ref.update(freeAtStart, (all) => new Map([...all].filter(([other]) => other !== run)))
      yield* Ref.update(settled, (all) => new Set([...all].filter((other) => other !== run)))
    })
  } as const
})
