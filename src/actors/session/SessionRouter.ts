/**
 * The way to a session's actor, wherever it lives. In one process that is the supervisor's; on many machines the router
 * knows which of them owns the session, and the actor is the same.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SessionId } from "../../domain/Ids.ts"
import type { SessionNotFound } from "../../domain/Session.ts"
import type { RejectionOf, SessionCommand } from "../../domain/SessionCommand.ts"
import type { SessionState } from "../../domain/SessionState.ts"
import type { ReceiptKey } from "../../services/store/SessionStore.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import type { SessionUnavailable } from "../sessions/Sessions.ts"
import { SessionSupervisor } from "./SessionSupervisor.ts"

export class SessionRouter extends Context.Tag("opentl/actors/session/SessionRouter")<SessionRouter, {
  /** The session has a turn to begin: it runs as soon as there is admission. Harmless if called twice. */
  readonly start: (id: SessionId) => Effect.Effect<void>
  /** Has the session's actor decide a command; returns the state after it. */
  readonly ask: <C extends SessionCommand>(
    id: SessionId,
    command: C,
    receipt?: ReceiptKey
  ) => Effect.Effect<SessionState, RejectionOf<C> | SessionNotFound | SessionUnavailable | StoreError>
}>() {
  /** Every session's actor lives in this process. */
  static readonly layerLocal = Layer.effect(SessionRouter, SessionSupervisor)
}
