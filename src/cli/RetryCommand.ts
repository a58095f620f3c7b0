/** `opentl retry`: repeats a turn that failed or was stopped. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { afterwards } from "./ApproveCommand.ts"
import * as Parameters from "./Parameters.ts"
import { Program } from "./Program.ts"

export const retryCommand = Command.make(
  "retry",
  {
    id: Parameters.sessionId,
    follow: Parameters.flag("follow", "follow the session's events to the end of the turn"),
    server: Parameters.server
  },
  ({ follow, id, server }) =>
    Effect.gen(function*() {
      const program = yield* Program
      const connection = yield* program.connect({ server, mode: follow ? "own" : "recording" })
      const session = yield* connection.sessions.find(id)
      yield* connection.sessions.retry(session.id, { turn: session.turn, by: connection.by })
      yield* afterwards(connection, session, "retrying", follow)
    }).pipe(Effect.scoped)
).pipe(Command.withDescription("Retry a turn that failed or was stopped"))
