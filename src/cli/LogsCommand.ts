/** `opentl logs`: a session's events, up to now or as they come. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { eventPrinter, storedEvents } from "./Follow.ts"
import * as Parameters from "./Parameters.ts"
import { Program } from "./Program.ts"
import { Stdio } from "./Stdio.ts"

export const logsCommand = Command.make(
  "logs",
  {
    id: Parameters.sessionId,
    follow: Parameters.flag("follow", "go on with new events until the session ends"),
    since: Parameters.wholeNumber("since", "only events after this event id", { min: 0 }, { default: "0" }).pipe(
      Options.withDefault(0)
    ),
    json: Parameters.json("one JSON event a line"),
    server: Parameters.server
  },
  ({ follow, id, json, server, since }) =>
    Effect.gen(function*() {
      const stdio = yield* Stdio
      const program = yield* Program
      const connection = yield* program.connect({ server, work: follow })
      const session = yield* connection.sessions.find(id)
      const show = yield* eventPrinter(json)
      const events = follow ? connection.sessions.events(session.id, since) : storedEvents(connection, session, since)
      yield* Stream.runForEachChunk(events, (chunk) =>
        Effect.flatMap(Effect.forEach(chunk, show), (texts) => stdio.out(texts.join(""))))
    }).pipe(Effect.scoped)
).pipe(Command.withDescription("Print a session's events; with --follow also those to come"))
