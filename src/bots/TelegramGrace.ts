/** A send that is under way when the program is to end: it is given the time to end by itself, so that it is not in doubt. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"

const grace = "5 seconds"

/** Once begun the effect goes on for a while, even when its caller is interrupted. */
export const unhurried = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    // not a child of the caller: an interrupted fiber takes its children with it at once
    Effect.flatMap(Scope.make(), (scope) =>
      Effect.map(Effect.forkIn(Effect.interruptible(self), scope), (fiber) => ({ fiber, scope }))),
    ({ fiber }) =>
      Fiber.join(fiber),
    ({ fiber, scope }) =>
      Effect.zipRight(
        Effect.timeoutOption(Effect.interruptible(Fiber.await(fiber)), grace),
        Scope.close(scope, Exit.void)
      )
  )
