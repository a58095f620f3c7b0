/** `opentl answer`: answers the planner's questions. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { SessionId } from "../domain/Ids.ts"
import { Session } from "../domain/Session.ts"
import { Prompt } from "../domain/SessionRequest.ts"
import { key } from "../domain/Wire.ts"
import { afterwards } from "./ApproveCommand.ts"
import { checkText } from "./Failure.ts"
import { jsonDocument } from "./Json.ts"
import * as Parameters from "./Parameters.ts"
import { Program } from "./Program.ts"
import { Stdio } from "./terminal/Stdio.ts"
import { showTurn } from "./Turn.ts"

/** The planner has asked nothing, or has its answer. */
class AsksNothing extends Schema.TaggedError<AsksNothing>()("AsksNothing", { sessionId: SessionId }) {
  override get message() {
    return `session ${this.sessionId} asks nothing now (opentl message sends a follow-up)`
  }
}

/** An answer that was sent, and what the session does with it, as JSON. */
const encode = jsonDocument(Schema.Struct({
  id: Session.fields.id,
  status: Session.fields.status,
  phase: Session.fields.phase,
  messageId: key("message_id", Schema.String)
}))

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
        return yield* new AsksNothing({ sessionId: session.id })
      }
      const sent = yield* connection.sessions.message(session.id, answer, connection.by)
      if (!json) return yield* afterwards(connection, session, "answered", follow)
      if (!follow) {
        const { id, phase, status } = yield* connection.sessions.get(session.id)
        return yield* stdio.out(encode({ id, status, phase, messageId: sent.messageId }))
      }
      yield* showTurn(connection, session, { after: session.lastEventId, json })
    }).pipe(Effect.scoped)
).pipe(Command.withDescription("Answer the planner's questions; the turn goes on with it"))
