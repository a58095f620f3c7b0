/** The error of a request that no actor replied to. */
import * as Schema from "effect/Schema"

/** The server is stopping, or the session's actor failed; the request can be sent again. */
export class SessionUnavailable extends Schema.TaggedError<SessionUnavailable>()("SessionUnavailable", {
  sessionId: Schema.String
}) {
  override get message() {
    return `session ${this.sessionId} cannot be reached right now; try again`
  }
}
