/** `opentl message`: sends a follow-up, for the same branch and pull request. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Session, SessionPhase } from "../domain/Session.ts"
import { Prompt } from "../domain/SessionRequest.ts"
import { key } from "../domain/Wire.ts"
import { checkText } from "./Failure.ts"
import { jsonDocument } from "./Json.ts"
import * as Parameters from "./Parameters.ts"
import { type Place, Program } from "./Program.ts"
import { Stdio } from "./terminal/Stdio.ts"
import { showTurn } from "./Turn.ts"

/** A message that was sent, as JSON. */
const encodeAnswer = jsonDocument(Schema.Struct({ messageId: key("message_id", Schema.String) }))

/** The phases that lead to a pause of the agent, in which it is given what has come. */
const beforePause: ReadonlyArray<SessionPhase> = ["preparing", "planning", "coding", "revising"]

/** What happens to a message, and how to watch it. `session` is its state before the message. */
export const whatNext = (session: Session, place: Place): string => {
  const { id, turn } = session
  const watch = `watch it with opentl logs ${id} --follow`
  const waits = session.phase === "approval"
    ? `turn ${turn} comes first, and its plan waits for approval: opentl approve ${id} | opentl reject ${id} "<why>"`
    : session.phase === "budget"
    ? `turn ${turn} comes first, and waits for a budget: opentl budget ${id} --add <dollars>`
    : undefined
  if (place._tag === "Embedded") {
    return `recorded; ${
      waits ?? "nothing is working on the session now"
    }; start opentl serve to continue it, or add --follow to do it here`
  }
  if (session.phase === "questions") return `the planner has it as its answer, in turn ${turn}; ${watch}`
  if (waits !== undefined) return `queued: ${waits}`
  if (session.isEnded) return `turn ${turn + 1} starts with it; ${watch}`
  if (session.status === "running" && session.agent !== "command" && beforePause.includes(session.phase)) {
    return `queued: the agent is given it as soon as it pauses, in turn ${turn}; if it does not, the next turn takes it; ${watch}`
  }
  return session.status === "running"
    ? `queued: the session is in turn ${turn} (${session.phase}), and the next turn takes the message; ${watch}`
    : `queued: the next turn takes it; ${watch}`
}

export const messageCommand = Command.make(
  "message",
  {
    id: Parameters.sessionId,
    text: Parameters.argument("text", "what to do next; - reads it from standard input"),
    follow: Parameters.flag("follow", "wait for the turn that takes the message, and show it"),
    json: Parameters.json("JSON (with --follow, one event a line)"),
    server: Parameters.server
  },
  ({ follow, id, json, server, text }) =>
    Effect.gen(function*() {
      const stdio = yield* Stdio
      const program = yield* Program
      const message = yield* checkText("the message", Prompt, text === "-" ? yield* stdio.readAll : text)
      const connection = yield* program.connect({ server, mode: follow ? "own" : "recording" })
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
