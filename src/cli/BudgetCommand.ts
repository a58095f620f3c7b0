/** `opentl budget`: adds to a session's budget; a turn that waits for it goes on. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { afterwards } from "./ApproveCommand.ts"
import * as Parameters from "./Parameters.ts"
import { Program } from "./Program.ts"
import { Stdio } from "./terminal/Stdio.ts"

export const budgetCommand = Command.make(
  "budget",
  {
    id: Parameters.sessionId,
    add: Parameters.dollars("add", "how much to add, in US dollars"),
    follow: Parameters.flag("follow", "follow the session's events to the end of the turn"),
    server: Parameters.server
  },
  ({ add, follow, id, server }) =>
    Effect.gen(function*() {
      const program = yield* Program
      const stdio = yield* Stdio
      const connection = yield* program.connect({ server, mode: follow ? "working" : "recording" })
      const session = yield* connection.sessions.find(id)
      const now = yield* connection.sessions.addBudget(session.id, { addUsd: add, by: connection.by })
      if (now.phase === "budget") {
        yield* stdio.err(
          `it is not enough: $${now.usage.costUsd.toFixed(4)} of $${
            Number((now.budgetUsd ?? 0).toFixed(4))
          } are spent\n`
        )
      }
      yield* afterwards(connection, session, "added to the budget of", follow && now.phase !== "budget")
    }).pipe(Effect.scoped)
).pipe(Command.withDescription("Add to a session's budget; a turn that waits for it goes on"))
