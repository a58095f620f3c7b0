/** A request that is under way when the program is to end: it is given time to finish, so that its outcome is known. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"

const timeout = "5 seconds"

/** Once begun the effect goes on for up to five seconds, even when its caller is interrupted; the caller waits for it. */
export const letFinish = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    // not a child of the caller: an interrupted fiber takes its children with it at once
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
