/**
 * The only way out of a sandbox: one unix socket a session, and behind it a reverse proxy to the model's API that puts
 * the real key in and counts tokens, and a CONNECT proxy that lets only the package registries through.
 * Possession of the socket is the authentication.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { SessionId } from "../domain/Ids.ts"
import type { Usage } from "../domain/Usage.ts"

export class GatewayError extends Schema.TaggedError<GatewayError>()("GatewayError", { reason: Schema.String }) {
  override get message() {
    return `the sandbox's gateway could not be opened: ${this.reason}`
  }
}

export interface GatewayReport {
  readonly model: string
  readonly usage: Usage
}

export interface GatewayRequest {
  readonly sessionId: SessionId
  /** What the session may still spend, in US dollars; unlimited where absent. */
  readonly remainingUsd: number | undefined
  /** Called once for each answered model call, in order. */
  readonly onUsage: (report: GatewayReport) => Effect.Effect<void>
}

export class Gateway extends Context.Tag("opentl/services/Gateway")<Gateway, {
  /** Opens the session's gateway for as long as the scope; answers the host directory that holds `gateway.sock`. */
  readonly open: (request: GatewayRequest) => Effect.Effect<{ readonly directory: string }, GatewayError, Scope.Scope>
}>() {}
