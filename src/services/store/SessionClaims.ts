/** Who may write to a session, and the keys by which requests are recognised. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import type { SessionId } from "../../domain/Ids.ts"

/** Another owner has the session by now; anything that this one still wants to write is void. */
export class SessionLost extends Schema.TaggedError<SessionLost>()("SessionLost", { sessionId: Schema.String }) {
  override get message() {
    return `session ${this.sessionId} has another owner`
  }
}

/** The right to write to a session; it fences off earlier owners. */
export interface Claim {
  readonly sessionId: SessionId
  readonly generation: number
}

/** A caller's key for one request. */
export interface ReceiptKey {
  readonly scope: string
  readonly key: string
  readonly fingerprint: string
}

/** How long a receipt is valid. */
export const receiptLifetime = Duration.hours(24)
