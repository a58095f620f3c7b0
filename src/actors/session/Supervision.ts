/**
 * What happens to a session whose actor failed. Pure: `SessionSupervisor.ts` carries it out.
 *
 * | an actor fails because | then |
 * |---|---|
 * | the log could not be read or written | it is restarted for as long as that lasts: the session is not at fault |
 * | the session has another owner or does not exist | it is not restarted |
 * | of a defect | it is restarted with growing delays; after `maxRestarts` within `window` its turn ends with the cause |
 */
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type { ActorFailure } from "./Messages.ts"

export interface Strategy {
  /** The most restarts after defects within the window. */
  readonly maxRestarts: number
  readonly window: Duration.Duration
  /** The delay before the first restart within the window; it doubles with each restart. */
  readonly firstDelay: Duration.Duration
  /** The delay while the log cannot be read or written. */
  readonly storeDelay: Duration.Duration
}

export const strategy: Strategy = {
  maxRestarts: 3,
  window: Duration.minutes(1),
  firstDelay: Duration.millis(200),
  storeDelay: Duration.seconds(5)
}

export type Directive = Data.TaggedEnum<{
  Restart: { readonly after: Duration.Duration }
  /** Release the session: it has another owner or does not exist. */
  Forget: object
  /** End the session's turn; `reason` says why. */
  EndTurn: { readonly reason: string }
}>
export const Directive = Data.taggedEnum<Directive>()

/** The times of an actor's recent defects, in milliseconds since the epoch, newest last. */
export type Defects = ReadonlyArray<number>

/** Decides about a failure at the time `now`; also returns the defects that still count. */
export const onFailure = (
  { firstDelay, maxRestarts, storeDelay, window }: Strategy,
  defects: Defects,
  cause: Cause.Cause<ActorFailure>,
  now: number
): readonly [Directive, Defects] => {
  const failure = Option.getOrUndefined(Cause.failureOption(cause))
  if (failure?._tag === "SessionLost" || failure?._tag === "SessionNotFound") return [Directive.Forget(), []]
  if (failure?._tag === "StoreError") return [Directive.Restart({ after: storeDelay }), defects]
  const recent = [...defects.filter((at) => now - at < Duration.toMillis(window)), now]
  return recent.length > maxRestarts
    ? [
      Directive.EndTurn({
        reason: `the session's actor failed ${recent.length} times: ${Cause.pretty(cause).split("\n")[0]}`
      }),
      []
    ]
    : [Directive.Restart({ after: Duration.times(firstDelay, 2 ** (recent.length - 1)) }), recent]
}
