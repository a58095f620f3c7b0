/** `opentl list`: lists the sessions, newest first. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Session, SessionStatus } from "../domain/Session.ts"
import { jsonDocument } from "./Json.ts"
import { sayIfLeft } from "./LeftAlone.ts"
import { newestSessions } from "./NewestSessions.ts"
import * as Parameters from "./Parameters.ts"
import { Program } from "./Program.ts"
import * as RepositoryOption from "./RepositoryOption.ts"
import { listLines } from "./SessionLines.ts"
import { Stdio } from "./terminal/Stdio.ts"

const encodeSessions = jsonDocument(Schema.Array(Session))

export const listCommand = Command.make(
  "list",
  {
    status: Parameters.choice("status", "status", SessionStatus.literals, "only sessions with this status").pipe(
      Options.optional
    ),
    repo: Parameters.text("repo", "repo", "only sessions on this repository, in any spelling").pipe(
      Options.optional
    ),
    limit: Parameters.wholeNumber("limit", "the most sessions to list", { min: 1 }, { default: "50" }).pipe(
      Options.withDefault(50)
    ),
    json: Parameters.json("one JSON array"),
    server: Parameters.server
  },
  ({ json, limit, repo, server, status }) =>
    Effect.gen(function*() {
      const stdio = yield* Stdio
      const program = yield* Program
      const connection = yield* program.read({ server })
      const found = yield* Stream.runCollect(newestSessions(connection, {
        status: Option.getOrUndefined(status),
        repo: Option.getOrUndefined(yield* Effect.transposeMapOption(repo, RepositoryOption.given)),
        limit
      }))
      const sessions = Chunk.toReadonlyArray(found)
      if (json) return yield* stdio.out(encodeSessions(sessions))
      if (sessions.length === 0) return yield* stdio.err("no sessions\n")
      const options = { now: yield* DateTime.now, columns: yield* stdio.columns, style: stdio.style }
      yield* stdio.out(listLines(sessions, options).join("\n") + "\n")
      yield* sayIfLeft(connection, sessions)
    }).pipe(Effect.scoped)
).pipe(Command.withDescription("List the sessions, newest first"))
