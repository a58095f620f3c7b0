/**
 * Which sessions this process works on without being asked. A server works on all of them. A command works on those
 * that it creates or steers, and leaves all others as they are: it ends with its own, and would drop them half-way.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SessionId } from "../../domain/Ids.ts"

export class OwnSessions extends Context.Tag("opentl/actors/session/OwnSessions")<OwnSessions, {
  /** The process was asked to do something about this session. */
  readonly add: (id: SessionId) => Effect.Effect<void>
  readonly includes: (id: SessionId) => boolean
}>() {
  static readonly layerAll = Layer.succeed(
    OwnSessions,
    OwnSessions.of({ add: () => Effect.void, includes: () => true })
  )

  static readonly layerAsked = Layer.sync(OwnSessions, () => {
    const asked = new Set<SessionId>()
    return OwnSessions.of({ add: (id) => Effect.sync(() => asked.add(id)), includes: (id) => asked.has(id) })
  })
}
