/** `opentl approve` and `opentl reject`: answer a waiting plan. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Session } from "../domain/Session.ts"
import { Prompt } from "../domain/SessionRequest.ts"
import { checkText, UsageError } from "./Failure.ts"
import * as Parameters from "./Parameters.ts"
import { type Connection, Program } from "./Program.ts"
import { Stdio } from "./terminal/Stdio.ts"
import { showTurn } from "./Turn.ts"

const follow = Parameters.flag("follow", "follow the session's events to the end of the turn")

/** Reports what was done and, with `--follow`, shows the turn. */
export const afterwards = (connection: Connection, session: Session, done: string, followed: boolean) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    if (followed) return yield* showTurn(connection, session, { after: session.lastEventId, json: false })
    yield* stdio.out(`${done} ${session.id}\n`)
    yield* stdio.err(
      connection.place._tag === "Embedded"
        ? "recorded; nothing is working on the session now: start opentl serve to continue it\n"
        : `watch it with opentl logs ${session.id} --follow\n`
    )
  })

/** The edited plan, from a file or from standard input. */
const readPlan = (file: string) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    const fs = yield* FileSystem.FileSystem
    const text = file === "-"
      ? yield* stdio.readAll
      : yield* Effect.mapError(fs.readFileString(file), () =>
        new UsageError({ reason: `--plan: ${file} cannot be read` }))
    return yield* checkText("the plan", Prompt, text)
  })

export const approveCommand = Command.make(
  "approve",
  {
    id: Parameters.sessionId,
    plan: Parameters.text(
      "plan",
      "file",
      "a file with an edited plan (markdown) to use instead; - reads standard input"
    ).pipe(
      Options.optional
    ),
    follow,
    server: Parameters.server
  },
  (input) =>
    Effect.gen(function*() {
      const program = yield* Program
      const plan = yield* Effect.transposeMapOption(input.plan, readPlan)
      const connection = yield* program.connect({ server: input.server, mode: input.follow ? "own" : "recording" })
      const session = yield* connection.sessions.find(input.id)
      yield* connection.sessions.approve(session.id, { plan: Option.getOrUndefined(plan), by: connection.by })
      yield* afterwards(connection, session, "approved", input.follow)
    }).pipe(Effect.scoped)
).pipe(Command.withDescription("Approve a waiting plan"))

export const rejectCommand = Command.make(
  "reject",
  {
    id: Parameters.sessionId,
    reason: Parameters.argument("why", "what the next plan should do differently"),
    follow,
    server: Parameters.server
  },
  (input) =>
    Effect.gen(function*() {
      const program = yield* Program
      const reason = yield* checkText("the reason", Prompt, input.reason)
      const connection = yield* program.connect({ server: input.server, mode: input.follow ? "own" : "recording" })
      const session = yield* connection.sessions.find(input.id)
      yield* connection.sessions.reject(session.id, { reason, by: connection.by })
      yield* afterwards(connection, session, "rejected", input.follow)
    }).pipe(Effect.scoped)
).pipe(Command.withDescription("Reject a waiting plan; the session makes a new one with your reason in mind"))
