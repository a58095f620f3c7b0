/**
 * A run's output, from the engine's log: from the first byte for every reader, up to the round's limit, beyond which
 * the run is ended. A log that has lost its beginning belongs to a run that exceeded the limit (`DockerContainer.ts`).
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as SmallFiles from "../../support/SmallFiles.ts"
import { type RunId, runName } from "../Sandbox.ts"
import * as DockerContainer from "./DockerContainer.ts"
import type { DockerEngine } from "./DockerEngine.ts"
import { type EngineFailure, EngineUnreachable } from "./DockerErrors.ts"
import type { DockerLimits } from "./DockerLimits.ts"
import * as DockerLogs from "./DockerLogs.ts"
import type { EndedContainers } from "./EndedContainers.ts"
import * as LogEnd from "./LogEnd.ts"
import type { RunEnd } from "./RunEnd.ts"

/** Reconnects to the engine; reading continues where it stopped. */
export const reconnect = Schedule.exponential("200 millis").pipe(
  Schedule.intersect(Schedule.recurs(5)),
  Schedule.whileInput(Schema.is(EngineUnreachable))
)

const checkSpacing = "15 seconds"

/** How often the length of a log is looked at: in that time a round cannot print what makes the engine begin its log anew. */
const sizeSpacing = Schedule.spaced("250 millis")

interface Parts {
  readonly containers: Pick<EndedContainers, "inspect" | "wasSeen">
  readonly engine: Pick<Context.Tag.Service<DockerEngine>, "logs">
  readonly limits: Pick<DockerLimits, "endForOutput" | "limitOutput">
  /** What a round may print. */
  readonly outputBytes: number
  readonly runEnd: RunEnd
}

export const make = ({ containers, engine, limits, outputBytes, runEnd }: Parts) => {
  const log = (run: RunId, follow: boolean) =>
    Effect.map(containers.inspect(runName(run)), (info) => {
      const bytes = engine.logs(runName(run), follow)
      return Option.match(Option.flatMap(info, DockerContainer.logHeadOf), {
        onNone: () => bytes,
        onSome: (head) => DockerLogs.afterHead(bytes, head)
      })
    }).pipe(Stream.unwrap)

  const endForOutput = (run: RunId) => limits.endForOutput(runName(run))

  const check = (run: RunId) =>
    Stream.runHead(log(run, false)).pipe(
      Effect.asVoid,
      Effect.catchTags({
        LogLost: () => endForOutput(run),
        EngineNotFound: () => Effect.void,
        EngineConflict: () => Effect.void
      })
    )

  /**
   * Follows the log until there is nothing more: on a busy machine the engine ends a follower together with the container,
   * long before it was sent all of the log. The entrypoint's last line tells that nothing is missing.
   */
  const followed = (
    run: RunId,
    delivered: Ref.Ref<LogEnd.LogEnd>,
    isFirst: boolean
  ): Stream.Stream<Uint8Array, EngineFailure | DockerLogs.LogLost> =>
    Stream.unwrap(Effect.map(Ref.get(delivered), (before) =>
      Ref.get(delivered).pipe(
        Effect.map(({ count }) => DockerLogs.drop(log(run, true), count)),
        Stream.unwrap,
        Stream.mapEffect((bytes) =>
          Effect.map(Ref.updateAndGet(delivered, (end) => LogEnd.push(end, bytes)), (end) => ({ bytes, end }))
        ),
        Stream.takeUntil(({ end }) => LogEnd.isWhole(end)),
        Stream.map(({ bytes }) => bytes),
        Stream.retry(reconnect),
        // a container that is being removed no longer has a log
        isFirst
          ? identity
          : Stream.catchTags({ EngineNotFound: () => Stream.empty, EngineConflict: () => Stream.empty }),
        Stream.concat(Stream.unwrap(
          Effect.map(Ref.get(delivered), (after) =>
            (after.count > before.count || isFirst) && !LogEnd.isWhole(after)
              ? followed(run, delivered, false)
              : Stream.empty)
        ))
      )))

  const output = (run: RunId) =>
    Stream.unwrap(Effect.map(
      Effect.all([Ref.make(LogEnd.nothing), runEnd.follow(run)]),
      ([delivered, ended]) =>
        followed(run, delivered, true).pipe(
          Stream.concat(Stream.drain(Stream.fromEffect(
            // without its last line it ends with the container
            Effect.whenEffect(Effect.retry(ended, reconnect), Effect.map(Ref.get(delivered), LogEnd.isWhole))
          ))),
          (whole) => limits.limitOutput(runName(run), whole),
          Stream.catchTag("LogLost", () => Stream.drain(Stream.fromEffect(endForOutput(run))))
        )
    ))

  /**
   * Waits while the log cannot be too long. Its file, where it can be seen, is longer than what is counted of it: each line
   * takes 75 bytes more there, and counts as 64 more. So a log is not read a second time only to count it.
   */
  const untilLarge = (run: RunId) =>
    containers.inspect(runName(run)).pipe(
      Effect.flatMap(Option.flatMapNullable(({ logFile }) => logFile)),
      Effect.flatMap((file) =>
        Effect.repeat(Effect.flatten(SmallFiles.sizeOf(file)), {
          schedule: sizeSpacing,
          until: (size) => size > outputBytes
        })
      ),
      Effect.ignore
    )

  const untilOver = (run: RunId) =>
    Effect.zipRight(untilLarge(run), Stream.runDrain(limits.limitOutput(runName(run), log(run, true)))).pipe(
      Effect.catchTag("LogLost", () => endForOutput(run)),
      Effect.retry(reconnect),
      Effect.catchAll((error) => Effect.logDebug(error.message)),
      Effect.zipRight(Effect.never)
    )

  const lookAgain = (run: RunId) =>
    check(run).pipe(
      Effect.catchAll((error) => Effect.logDebug(error.message)),
      Effect.delay(checkSpacing),
      Effect.forever
    )

  return {
    /** Follows the log to the container's end. Whether it has lost its beginning meanwhile is for `endIfLost` to find out. */
    output,
    /** Ends the run if its log has lost its beginning. A container that is being removed no longer has a log. */
    endIfLost: (run: RunId) => Effect.unlessEffect(check(run), containers.wasSeen(runName(run))),
    /**
     * Ends the run as soon as its log is too long, because whoever stores the output may be far behind by then. Also
     * rechecks the log regularly, because a reader slower than the run does not notice that it was restarted.
     */
    watchLog: (run: RunId) => Effect.raceFirst(untilOver(run), lookAgain(run))
  } as const
}
