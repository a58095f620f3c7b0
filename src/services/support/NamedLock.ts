/** One permit per name: effects under the same name run one after another, under different names concurrently. */
import * as Effect from "effect/Effect"
import * as RcMap from "effect/RcMap"
import * as Scope from "effect/Scope"

export const make = Effect.map(
  RcMap.make({ lookup: (_name: string) => Effect.makeSemaphore(1) }),
  (locks) => (name: string) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.acquireUseRelease(
      Scope.make(),
      (scope) => Effect.flatMap(Scope.extend(RcMap.get(locks, name), scope), (lock) => lock.withPermits(1)(effect)),
      (scope, exit) => Scope.close(scope, exit)
    )
)
