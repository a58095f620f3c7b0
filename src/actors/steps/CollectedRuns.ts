/**
 * The removal of runs whose work is collected. It takes the engine a moment, and what a session does next needs none of them: so
 * it goes on meanwhile, and is waited for before anything is begun that it could take along.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberMap from "effect/FiberMap"
import * as Layer from "effect/Layer"
import type { SessionId } from "../../domain/Ids.ts"

interface Interface {
  /** Begins to remove a session's runs, and returns. What cannot be removed stays for the turn's end. */
  readonly remove: (id: SessionId, removal: Effect.Effect<void, { readonly message: string }>) => Effect.Effect<void>
  /** Waits until nothing of the session is being removed. Call it before a run is prepared or begins. */
  readonly settled: (id: SessionId) => Effect.Effect<void>
}

const tolerated = Effect.catchAll((error: { readonly message: string }) =>
  Effect.logDebug(`a run that has ended could not be removed yet: ${error.message}`)
)

/** Without a layer, they are removed at once. */
export class CollectedRuns extends Context.Reference<CollectedRuns>()("opentl/actors/steps/CollectedRuns", {
  defaultValue: (): Interface => ({ remove: (_, removal) => tolerated(removal), settled: () => Effect.void })
}) {
  static readonly layer = Layer.scoped(
    CollectedRuns,
    Effect.map(FiberMap.make<SessionId>(), (removals): Interface => ({
      remove: (id, removal) => Effect.asVoid(FiberMap.run(removals, id, tolerated(removal))),
      settled: (id) => Effect.ignore(Effect.flatMap(FiberMap.get(removals, id), Fiber.await))
    }))
  )
}
