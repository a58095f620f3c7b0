/** `opentl answer`: answers the planner's questions. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { Prompt } from "../domain/SessionRequest.ts"
import { afterwards } from "./ApproveCommand.ts"
import { checkText, UsageError } from "./Failure.ts"
import { encodeAnswer } from "./MessageCommand.ts"
import * as Parameters from "./Parameters.ts"
import { Program } from "./Program.ts"
import { Stdio } from "./terminal/Stdio.ts"
import { showTurn } from "./Turn.ts"

export const answerCommand = Command.make(
  "answer",
  {
    id: Parameters.sessionId,
    text: Parameters.argument("text", "the answer to all questions; - reads it from standard input"),
    follow: Parameters.flag("follow", "follow the session's events to the end of the turn"),
    json: Parameters.json("JSON (with --follow, one event a line)"),
    server: Parameters.server
  },
  ({ follow, id, json, server, text }) =>
    Effect.gen(function*() {
      const program = yield* Program
      const stdio = yield* Stdio
      const answer = yield* checkText("the answer", Prompt, text === "-" ? yield* stdio.readAll : text)
      const connection = yield* program.connect({ server, mode: follow ? "own" : "recording" })
      const session = yield* connection.sessions.find(id)
      if (session.phase !== "questions") {
        return yield* new UsageError({
          reason: `session ${session.id} asks nothing now; opentl message sends a follow-up`
        })
      }
      const sent = yield* connection.sessions.message(session.id, answer, connection.by)
      if (!json) return yield* afterwards(connection, session, "answered", follow)
      if (!follow) return yield* stdio.out(encodeAnswer({ messageId: sent.messageId }))
      yield* showTurn(connection, session, { after: session.lastEventId, json })
    }).pipe(Effect.scoped)
).pipe(Command.withDescription("Answer the planner's questions; the turn goes on with it"))
