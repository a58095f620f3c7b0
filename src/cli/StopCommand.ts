/** `opentl stop`: cancels a session, and returns when its sandbox is gone. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Parameters from "./Parameters.ts"
import { Program } from "./Program.ts"
import * as LiveLine from "./terminal/LiveLine.ts"
import { Stdio } from "./terminal/Stdio.ts"

export const stopCommand = Command.make(
  "stop",
  { id: Parameters.sessionId, server: Parameters.server },
  ({ id, server }) =>
    Effect.gen(function*() {
      const stdio = yield* Stdio
      const program = yield* Program
      const connection = yield* program.connect({ server, mode: "recording" })
      const session = yield* connection.sessions.find(id)
      const live = yield* LiveLine.make
      yield* live.say(`stopping ${session.id}`)
      yield* connection.sessions.stop(session.id, connection.by)
      yield* live.say("")
      yield* stdio.out(`stopped ${session.id}\n`)
    }).pipe(Effect.scoped)
).pipe(Command.withDescription("Cancel a session, and return when its sandbox is gone"))
