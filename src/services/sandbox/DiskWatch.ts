/**
 * Watches the disk use of runs. The free space is checked every second, which is cheap; a run's use is measured after
 * two seconds and then every ten, and at once if the disk has lost a large part of a session's limit.
 *
 * So a run can exceed its limit by what it writes in a second or two before it is ended and its space is freed. A
 * single file never can: RLIMIT_FSIZE is set to the same limit.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as DiskLimit from "./DiskLimit.ts"
import * as LimitReached from "./LimitReached.ts"

/** The run has ended, so there is nothing left to measure. */
export class RunEnded extends Schema.TaggedError<RunEnded>()("RunEnded", {}) {}

export class MeasurementFailed extends Schema.TaggedError<MeasurementFailed>()("MeasurementFailed", {
  reason: Schema.String
}) {
  override get message() {
    return `the disk could not be measured: ${this.reason}`
  }
}

/** How a kind of sandbox measures a run. */
export interface DiskProbe {
  /** The free space on the run's disk, about once a second. Reopened if it ends or fails. */
  readonly free: Stream.Stream<DiskLimit.FreeSpace, MeasurementFailed | RunEnded>
  /** The disk used by the session's workspace and the run. */
  readonly used: Effect.Effect<DiskLimit.DiskUse, MeasurementFailed | RunEnded>
}

const tick = Schedule.spaced("1 second")

/** Generous, because a slow machine is no reason to end a run. */
const measuringTimeout = Duration.minutes(2)
const freeTimeout = Duration.minutes(1)
/** Without the free space nothing can be decided: after this many failed attempts in a row the run is ended. */
const toleratedSilence = 5
const retryPause = Duration.seconds(2)

const late = (what: string) => () => new MeasurementFailed({ reason: `${what} took too long` })

/** The watch of one installation, whose runs share a disk. */
export const make = Effect.fnUntraced(function*(limits: DiskLimit.Limits) {
  const uses = yield* Ref.make<ReadonlyMap<string, DiskLimit.DiskUse>>(new Map())

  const watch = Effect.fnUntraced(function*(run: string, probe: DiskProbe) {
    const over = yield* Deferred.make<LimitReached.LimitReached>()
    const first = yield* Deferred.make<DiskLimit.FreeSpace>()
    const latest = yield* Ref.make(Option.none<DiskLimit.FreeSpace>())
    const urgentSince = yield* Ref.make(Option.none<number>())
    const vain = yield* Ref.make(0)

    const tell = (reached: Option.Option<LimitReached.LimitReached>) =>
      Option.match(reached, { onNone: () => Effect.void, onSome: (reached) => Deferred.succeed(over, reached) })

    const onFree = Effect.fnUntraced(function*(free: DiskLimit.FreeSpace) {
      const now = yield* Clock.currentTimeMillis
      yield* Ref.set(vain, 0)
      yield* Ref.set(latest, Option.some(free))
      yield* Deferred.succeed(first, free)
      const since = yield* Ref.updateAndGet(
        urgentSince,
        (before) => DiskLimit.isUrgent(limits, free) ? Option.orElseSome(before, () => now) : Option.none()
      )
      const urgentForMillis = now - Option.getOrElse(since, () => now)
      yield* tell(DiskLimit.overReserve(limits, { free, run, uses: yield* Ref.get(uses), urgentForMillis }))
    })

    const watchFree = probe.free.pipe(
      Stream.timeoutFail(late("looking at the free space"), freeTimeout),
      Stream.runForEach(onFree),
      Effect.catchTag("MeasurementFailed", (error) => Effect.logDebug(error.message)),
      Effect.zipRight(Ref.updateAndGet(vain, (times) => times + 1)),
      Effect.tap((times) => times < toleratedSilence ? Effect.void : tell(Option.some(LimitReached.diskUnknown))),
      // a stream that delivered something is reopened at once
      Effect.flatMap((times) => times === 1 ? Effect.void : Effect.sleep(retryPause)),
      Effect.forever
    )

    const currentFree = Effect.flatMap(
      Deferred.await(first),
      (free) => Effect.map(Ref.get(latest), Option.getOrElse(() => free))
    )

    const measure = Effect.fnUntraced(function*(before: DiskLimit.Progress) {
      const freeBefore = yield* currentFree
      const begunAt = yield* Clock.currentTimeMillis
      const seen = yield* probe.used.pipe(
        Effect.timeoutFail({ duration: measuringTimeout, onTimeout: late("measuring") }),
        Effect.asSome,
        Effect.catchTag(
          "MeasurementFailed",
          (error) => Effect.zipRight(Effect.logDebug(error.message), Effect.succeedNone)
        )
      )
      const endedAt = yield* Clock.currentTimeMillis
      const measurement = { seen, freeBefore, freeAfter: yield* currentFree, begunAt, endedAt }
      const after = DiskLimit.measured(before, measurement)
      yield* Ref.update(uses, (all) => new Map([...all, [run, after.use]]))
      yield* tell(DiskLimit.overOwn(limits, after))
      return after
    })

    const untilDue = (progress: DiskLimit.Progress) =>
      Effect.zipWith(currentFree, Clock.currentTimeMillis, (free, now) => DiskLimit.isDue(limits, progress, free, now))
        .pipe(Effect.repeat({ schedule: tick, until: (due) => due }))

    const watchFrom = (progress: DiskLimit.Progress): Effect.Effect<never, RunEnded> =>
      untilDue(progress).pipe(Effect.zipRight(measure(progress)), Effect.flatMap(watchFrom))

    const watchUsed = Effect.zipWith(currentFree, Clock.currentTimeMillis, DiskLimit.begun).pipe(
      Effect.flatMap(watchFrom)
    )

    return yield* Effect.raceFirst(
      Deferred.await(over),
      Effect.raceFirst(watchFree, watchUsed)
    )
  })

  return {
    /** Watches a run; returns only when it uses too much. */
    untilOver: Effect.fn("DiskWatch.untilOver")(
      watch,
      Effect.catchTag("RunEnded", () => Effect.never)
    ),
    /** Forgets a run's use once its space is freed. */
    forget: (run: string) => Ref.update(uses, (all) => new Map([...all].filter(([name]) => name !== run)))
  } as const
})
