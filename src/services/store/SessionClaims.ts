/** Who may write to a session, and under which name a request is known. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import type { SessionId } from "../../domain/Ids.ts"

/** Another owner has the session by now; whatever this one still had to say is void. */
export class SessionLost extends Schema.TaggedError<SessionLost>()("SessionLost", { sessionId: Schema.String }) {
  override get message() {
    return `session ${this.sessionId} has another owner`
  }
}

/** What fences an owner's writes. */
export interface Claim {
  readonly sessionId: SessionId
  readonly generation: number
}

/** One caller's name for one request. */
export interface ReceiptKey {
  readonly scope: string
  readonly key: string
  readonly fingerprint: string
}

/** How long a receipt answers for its request. */
export const receiptLifetime = Duration.hours(24)
