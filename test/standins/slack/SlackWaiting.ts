/** Waiting for what a state comes to hold, without polling, for both chat stand-ins. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type * as SubscriptionRef from "effect/SubscriptionRef"

/** The first thing, there already or still to come, that can be found in a state. */
export const awaitSome = <S, A>(
  ref: SubscriptionRef.SubscriptionRef<S>,
  find: (state: S) => A | undefined
): Effect.Effect<A> =>
  ref.changes.pipe(
    Stream.filterMap((state) => Option.fromNullable(find(state))),
    Stream.runHead,
    Effect.flatMap(Option.match({ onNone: () => Effect.never, onSome: (found) => Effect.succeed(found) }))
  )
