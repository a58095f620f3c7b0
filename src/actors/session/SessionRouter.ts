/**
 * Routes to a session's actor, wherever it runs. In one process that is the supervisor; on many machines the router
 * knows which one owns the session. The actor is the same in both.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SessionId } from "../../domain/Ids.ts"
import type { SessionNotFound } from "../../domain/Session.ts"
import type { RejectionOf, SessionCommand } from "../../domain/SessionCommand.ts"
import type { SessionState } from "../../domain/SessionState.ts"
import type { ReceiptKey } from "../../services/store/SessionStore.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import { OwnSessions } from "./OwnSessions.ts"
import { SessionSupervisor } from "./SessionSupervisor.ts"
import type { SessionUnavailable } from "./SessionUnavailable.ts"

export class SessionRouter extends Context.Tag("opentl/actors/session/SessionRouter")<SessionRouter, {
  /** Starts the session's next turn as soon as it is admitted. Idempotent. */
  readonly start: (id: SessionId) => Effect.Effect<void>
  /** Asks the session's actor to decide a command; returns the resulting state. */
  readonly ask: <C extends SessionCommand>(
    id: SessionId,
    command: C,
    receipt?: ReceiptKey
  ) => Effect.Effect<SessionState, RejectionOf<C> | SessionNotFound | SessionUnavailable | StoreError>
  /** Whether the session has an actor now, one that is being restarted included. */
  readonly hasActor: (id: SessionId) => Effect.Effect<boolean>
}>() {
  /** All actors run in this process. */
  static readonly layerLocal = Layer.effect(
    SessionRouter,
    Effect.gen(function*() {
      const own = yield* OwnSessions
      const { ask, hasActor, start } = yield* SessionSupervisor
      return SessionRouter.of({
        start: (id) => Effect.zipRight(own.add(id), start(id)),
        ask: (id, command, receipt) => Effect.zipRight(own.add(id), ask(id, command, receipt)),
        hasActor
      })
    })
  )
}
