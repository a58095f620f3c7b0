/** `opentl diff`: prints the session's unified diff, coloured and paged on a terminal, byte for byte elsewhere. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { diffText } from "./DiffText.ts"
import { Foreground } from "./Foreground.ts"
import * as Parameters from "./Parameters.ts"
import { Program } from "./Program.ts"
import { Stdio } from "./terminal/Stdio.ts"

export const diffCommand = Command.make(
  "diff",
  { id: Parameters.sessionId, server: Parameters.server },
  ({ id, server }) =>
    Effect.gen(function*() {
      const stdio = yield* Stdio
      const foreground = yield* Foreground
      const program = yield* Program
      const connection = yield* program.read({ server })
      const session = yield* connection.sessions.find(id)
      const diff = yield* connection.sessions.diff(session.id)
      if (diff === "") return yield* stdio.err(`session ${session.id} has changed nothing yet\n`)
      if (!stdio.outIsTty) return yield* stdio.out(diff)
      const text = diffText(diff, stdio.style)
      if (!(yield* foreground.page(text))) yield* stdio.out(text)
    }).pipe(Effect.scoped)
).pipe(Command.withDescription("Print a session's unified diff, paged on a terminal"))
