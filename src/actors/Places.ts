/** The cap on sessions that run at the same time, and the fair queue before it: first come, first served. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import type { SessionId } from "../domain/Ids.ts"
import { AppConfig } from "../services/config/AppConfig.ts"

export class Places extends Context.Tag("opentl/actors/Places")<Places, {
  /** Waits for a place and holds it for as long as the scope. */
  readonly take: (session: SessionId) => Effect.Effect<void, never, Scope.Scope>
  /** The session's position in the queue, from 1; `undefined` where it does not wait. */
  readonly position: (session: SessionId) => Effect.Effect<number | undefined>
}>() {
  static readonly layer = Layer.effect(
    Places,
    Effect.gen(function*() {
      const { maxSessions } = yield* AppConfig
      const places = yield* Effect.makeSemaphore(maxSessions)
      const waiting = yield* Ref.make<ReadonlyArray<SessionId>>([])
      const leaveQueue = (session: SessionId) => Ref.update(waiting, (ids) => ids.filter((id) => id !== session))
      return Places.of({
        take: (session) =>
          Effect.uninterruptibleMask((restore) =>
            Ref.update(waiting, (ids) => [...ids, session]).pipe(
              Effect.zipRight(restore(places.take(1))),
              Effect.ensuring(leaveQueue(session)),
              Effect.zipRight(Effect.addFinalizer(() => places.release(1)))
            )
          ),
        position: (session) =>
          Effect.map(Ref.get(waiting), (ids) => {
            const index = ids.indexOf(session)
            return index === -1 ? undefined : index + 1
          })
      })
    })
  )
}
