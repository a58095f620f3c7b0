/** `opentl status`: shows one session in full. */
import * as Command from "@effect/cli/Command"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { EventType } from "../domain/EventText.ts"
import { Session } from "../domain/Session.ts"
import { jsonDocument } from "./Json.ts"
import { sayIfLeft } from "./LeftAlone.ts"
import * as Parameters from "./Parameters.ts"
import { Program } from "./Program.ts"
import { statusPage } from "./StatusPage.ts"
import { storedEvents } from "./StoredEvents.ts"
import { Stdio } from "./terminal/Stdio.ts"

const encodeSession = jsonDocument(Session)

/** The events whose contents the session document does not include. */
const told: ReadonlySet<EventType> = new Set(["plan", "review", "verify"])

export const statusCommand = Command.make(
  "status",
  { id: Parameters.sessionId, json: Parameters.json("the session as one JSON document"), server: Parameters.server },
  ({ id, json, server }) =>
    Effect.gen(function*() {
      const stdio = yield* Stdio
      const program = yield* Program
      const connection = yield* program.read({ server })
      const session = yield* connection.sessions.find(id)
      if (json) return yield* stdio.out(encodeSession(session))
      const events = yield* storedEvents(connection, session, 0).pipe(
        Stream.filter((event) => told.has(event.type)),
        Stream.runCollect
      )
      const options = { now: yield* DateTime.now, style: stdio.style }
      yield* stdio.out(statusPage(session, Chunk.toReadonlyArray(events), options))
      yield* sayIfLeft(connection, [session])
    }).pipe(Effect.scoped)
).pipe(Command.withDescription("Show one session in full: phase, plan, reviews, usage, pull request"))
