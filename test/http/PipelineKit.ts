/** One server for what holds on every route. */
import * as Effect from "effect/Effect"
import { SessionNotFound } from "../../src/domain/Session.ts"
import { id, serve, session } from "./TestServer.ts"

export const path = `/api/sessions/${id}`

/** A server that does what it is asked, but for a fault. */
export const working = serve({
  get: (asked) => asked === id ? Effect.succeed(session()) : new SessionNotFound({ id: asked }),
  list: () => Effect.succeed({ sessions: [], hasMore: false }),
  create: () => Effect.succeed({ session: session(), replayed: false }),
  message: () => Effect.succeed({ messageId: "m" }),
  stop: () => Effect.dieMessage("a fault")
})
