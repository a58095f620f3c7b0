/** `opentl message`: a follow-up on the same branch and pull request. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Prompt } from "../domain/SessionRequest.ts"
import { key } from "../domain/Wire.ts"
import { checkText } from "./Failure.ts"
import { jsonDocument } from "./Json.ts"
import * as Parameters from "./Parameters.ts"
import { Program } from "./Program.ts"
import { Stdio } from "./Stdio.ts"
import { showTurn } from "./Turn.ts"

const encodeAnswer = jsonDocument(Schema.Struct({ messageId: key("message_id", Schema.String) }))

export const messageCommand = Command.make(
  "message",
  {
    id: Parameters.sessionId,
    text: Parameters.argument("text", "what is to be done now; - reads it from standard input"),
    follow: Parameters.flag("follow", "wait for the turn that takes the message, and show it"),
    json: Parameters.json("JSON (with --follow, one event a line)"),
    server: Parameters.server
  },
  ({ follow, id, json, server, text }) =>
    Effect.gen(function*() {
      const stdio = yield* Stdio
      const program = yield* Program
      const message = yield* checkText("the message", Prompt, text === "-" ? yield* stdio.readAll : text)
      const connection = yield* program.connect({ server, work: follow })
      const session = yield* connection.sessions.find(id)
      const { messageId } = yield* connection.sessions.message(session.id, message, connection.by)
      if (!(json && follow)) yield* stdio.out(json ? encodeAnswer({ messageId }) : `${messageId}\n`)
      if (follow) return yield* showTurn(connection, session, { after: session.lastEventId, message: messageId, json })
      if (connection.place._tag === "Embedded") yield* stdio.err("recorded; the next opentl serve takes it up\n")
    }).pipe(Effect.scoped)
).pipe(
  Command.withDescription("Send a follow-up: same branch, same pull request")
)
