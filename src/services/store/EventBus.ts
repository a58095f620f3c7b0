/**
 * The doorbell. It says that a session's log has grown, and to where; what grew is read from the log. So a slow
 * listener loses nothing and costs no memory, and between machines only this would change.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import type * as Queue from "effect/Queue"
import * as RcMap from "effect/RcMap"
import type * as Scope from "effect/Scope"
import type { SessionId } from "../../domain/Ids.ts"

export class EventBus extends Context.Tag("opentl/services/store/EventBus")<EventBus, {
  /** The session's log has grown. */
  readonly ring: (session: SessionId) => Effect.Effect<void>
  /** Rings of one session, for as long as the scope. */
  readonly listen: (session: SessionId) => Effect.Effect<Queue.Dequeue<void>, never, Scope.Scope>
  /** Rings of all sessions, for as long as the scope. Rings may be merged: sweep now and then. */
  readonly listenAll: Effect.Effect<Queue.Dequeue<SessionId>, never, Scope.Scope>
}>() {
  static readonly layer = Layer.scoped(
    EventBus,
    Effect.gen(function*() {
      const all = yield* Effect.acquireRelease(PubSub.sliding<SessionId>(1024), PubSub.shutdown)
      // one bell a session, there while somebody listens; one waiting ring is as good as many
      const bells = yield* RcMap.make({
        lookup: (_: SessionId) => Effect.acquireRelease(PubSub.sliding<void>(1), PubSub.shutdown)
      })
      return EventBus.of({
        ring: Effect.fnUntraced(function*(session) {
          yield* PubSub.publish(all, session)
          if (!(yield* RcMap.has(bells, session))) return
          yield* Effect.scoped(Effect.flatMap(RcMap.get(bells, session), (bell) => PubSub.publish(bell, undefined)))
        }),
        listen: (session) => Effect.flatMap(RcMap.get(bells, session), PubSub.subscribe),
        listenAll: PubSub.subscribe(all)
      })
    })
  )
}
