/**
 * Ends runs that exceed their limits, in any kind of sandbox. The reason is stored where the run cannot reach it,
 * before the run is killed, so that a later server reports the same.
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

/** How a kind of sandbox manages its runs. They are named by `runName`. */
export interface Runs<E> {
  readonly writeMark: (run: string, text: string) => Effect.Effect<void, { readonly message: string }>
  readonly readMark: (run: string) => Effect.Effect<Option.Option<string>, E>
  readonly kill: (run: string) => Effect.Effect<void, E>
  readonly probe: (run: string) => Effect.Effect<DiskWatch.DiskProbe>
  /** The disk used by the session's workspace and an ended run. */
  readonly left: (run: string) => Effect.Effect<DiskLimit.DiskUse, DiskWatch.MeasurementFailed | DiskWatch.RunEnded>
}

/** How an engine reports a full disk. */
const isFull = /no space left on device|disk quota exceeded/i

/** On a busy machine, measuring an ended run may fail once or twice. */
const untilMeasured = Schedule.intersect(Schedule.exponential("500 millis"), Schedule.recurs(2))

/** Retries until the run is killed. */
const untilKilled = Schedule.exponential("200 millis").pipe(Schedule.either(Schedule.spaced("10 seconds")))

export const make = Effect.fnUntraced(function*<E>(limits: AppConfigShape["limits"], runs: Runs<E>) {
  const disk = yield* DiskWatch.make(limits)
  const ended = yield* Ref.make<ReadonlyMap<string, LimitReached.LimitReached>>(new Map())
  const settled = yield* Ref.make<ReadonlySet<string>>(new Set())

  const end = Effect.fn("RunLimits.end")(function*(run: string, reached: LimitReached.LimitReached) {
    yield* Effect.logInfo(`ending ${run}: ${reached.reason}`)
    // a full disk has no room for the file
    yield* Ref.update(ended, (all) => new Map([...all, [run, reached]]))
    yield* Effect.catchAll(
      runs.writeMark(run, LimitReached.toJson(reached)),
      (error) => Effect.logWarning(`the reason why ${run} was ended could not be stored: ${error.message}`)
    )
    yield* runs.kill(run)
  })

  /** The mark is read at most once after the run's end: from then on, nobody else ends it. */
  const endOf = Effect.fn("RunLimits.endOf")(function*(run: string) {
    const known = Option.fromNullable((yield* Ref.get(ended)).get(run))
    if (Option.isSome(known) || (yield* Ref.get(settled)).has(run)) return known
    const marked = Option.flatMap(yield* runs.readMark(run), LimitReached.fromJson)
    if (Option.isSome(marked)) yield* Ref.update(ended, (all) => new Map([...all, [run, marked.value]]))
    return marked
  })

  const overAtEnd = (run: string) =>
    runs.left(run).pipe(
      Effect.retry({ schedule: untilMeasured, while: (error) => error._tag === "MeasurementFailed" }),
      Effect.map((use) => DiskLimit.overAtEnd(limits, use)),
      Effect.catchTags({
        RunEnded: () => Effect.succeedNone,
        MeasurementFailed: (error) =>
          Effect.as(
            Effect.logWarning(`what ${run} left on the disk is not known: ${error.message}`),
            // any other engine failure must not cost a round's work: the next round is measured
            isFull.test(error.reason) ? Option.some(LimitReached.diskUnknown) : Option.none()
          )
      })
    )

  return {
    /** The reason if a run was ended by its limits. */
    endOf,
    /** Ends a run that has printed more than it may. */
    endForOutput: (run: string) => end(run, LimitReached.outputTooLong(limits.outputBytes)),
    /** A run's output up to its limit; the run is ended if it exceeds it. */
    limitOutput: <E2, R>(run: string, output: Stream.Stream<Uint8Array, E2, R>): Stream.Stream<Uint8Array, E | E2, R> =>
      OutputLimit.limited(output, limits.outputBytes, end(run, LimitReached.outputTooLong(limits.outputBytes))),
    /** Ends the run if it uses too much disk. */
    watchDisk: (run: string): Effect.Effect<never> =>
      runs.probe(run).pipe(
        Effect.flatMap((probe) => disk.untilOver(run, probe)),
        Effect.flatMap((reached) => Effect.retry(end(run, reached), untilKilled)),
        Effect.ignoreLogged,
        Effect.zipRight(Effect.never)
      ),
    /**
     * Checks once what an ended run has left: it may have exceeded its limit between two checks, or allocated
     * everything in no time, and its workspace would stay so.
     */
    settle: Effect.fn("RunLimits.settle")(function*(run: string) {
      if ((yield* Ref.get(settled)).has(run)) return
      // a run that was ended for its output may also have filled the disk
      const isOver = Option.exists<LimitReached.LimitReached>(({ resource }) => resource === "disk")
      if (isOver(Option.fromNullable((yield* Ref.get(ended)).get(run)))) return
      // every round waits for both
      const [known, over] = yield* Effect.all([endOf(run), overAtEnd(run)], { concurrency: 2 })
      if (isOver(known)) return
      if (Option.isSome(over)) yield* end(run, over.value)
      yield* Ref.update(settled, (all) => new Set([...all, run]))
    }),
    /** Call once a run and its files are gone. */
    forget: Effect.fnUntraced(function*(run: string) {
      yield* disk.forget(run)
      yield* Ref.update(ended, (all) => new Map([...all].filter(([other]) => other !== run)))
      yield* Ref.update(settled, (all) => new Set([...all].filter((other) => other !== run)))
    })
  } as const
})
