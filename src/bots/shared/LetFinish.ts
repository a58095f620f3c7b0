/** Gives a running request time to finish at shutdown, so that its outcome is known. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"

const timeout = "5 seconds"

/**
 * Once started, the effect continues for up to five seconds after its caller is interrupted; the caller waits for it.
 */
export const letFinish = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    // not a child of the caller: interrupting a fiber interrupts its children at once
    Effect.flatMap(Scope.make(), (scope) =>
      Effect.map(Effect.forkIn(Effect.interruptible(self), scope), (fiber) => ({ fiber, scope }))),
    ({ fiber }) =>
      Fiber.join(fiber),
    ({ fiber, scope }) =>
      Effect.zipRight(
        Effect.timeoutOption(Effect.interruptible(Fiber.await(fiber)), timeout),
        Scope.close(scope, Exit.void)
      )
  )
