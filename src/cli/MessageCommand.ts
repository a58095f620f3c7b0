/** `opentl message`: a follow-up on the same branch and pull request. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Session } from "../domain/Session.ts"
import { Prompt } from "../domain/SessionRequest.ts"
import { key } from "../domain/Wire.ts"
import { checkText } from "./Failure.ts"
import { jsonDocument } from "./Json.ts"
import * as Parameters from "./Parameters.ts"
import { type Place, Program } from "./Program.ts"
import { Stdio } from "./terminal/Stdio.ts"
import { showTurn } from "./Turn.ts"

const encodeAnswer = jsonDocument(Schema.Struct({ messageId: key("message_id", Schema.String) }))

/** What becomes of a message, and how to watch it. `session` is as it was before. */
export const whatNext = (session: Session, place: Place): string => {
  const { id, turn } = session
  const watch = `opentl logs ${id} --follow shows how it goes`
  const waits = session.phase === "approval"
    ? `turn ${turn} comes first, and its plan waits for approval: opentl approve ${id} | opentl reject ${id} "<why>"`
    : undefined
  if (place._tag === "Embedded") {
    return `recorded; ${
      waits ?? "nobody works on the session now"
    }; opentl serve goes on with it, --follow does it here`
  }
  if (waits !== undefined) return `queued: ${waits}`
  if (session.isEnded) return `turn ${turn + 1} begins with it; ${watch}`
  return session.status === "running"
    ? `queued: the session is at turn ${turn} (${session.phase}), and the next one begins with the message; ${watch}`
    : `queued: the turn that begins next takes it; ${watch}`
}

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
      if (!follow) return yield* stdio.err(`${whatNext(session, connection.place)}\n`)
      const isWaiting = session.phase === "approval"
      yield* showTurn(connection, session, { after: session.lastEventId, message: messageId, json, isWaiting })
    }).pipe(Effect.scoped)
).pipe(
  Command.withDescription("Send a follow-up: same branch, same pull request")
)
