/** `opentl budget`: shows what a session has spent of its budget, or adds to it; a turn that waits for it goes on. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { afterwards } from "./ApproveCommand.ts"
import { budgetJson, budgetPage, spent } from "./BudgetText.ts"
import { UsageError } from "./Failure.ts"
import * as Parameters from "./Parameters.ts"
import { Program } from "./Program.ts"
import { Stdio } from "./terminal/Stdio.ts"
import { showTurn } from "./Turn.ts"

interface Asked {
  readonly id: string
  readonly json: boolean
  readonly server: Option.Option<string>
}

const show = Effect.fnUntraced(function*({ id, json, server }: Asked) {
  const stdio = yield* Stdio
  const connection = yield* Effect.flatMap(Program, (program) => program.read({ server }))
  const session = yield* connection.sessions.find(id)
  yield* stdio.out(json ? budgetJson(session) : budgetPage(session))
})

const addTo = Effect.fnUntraced(function*(addUsd: number, follow: boolean, { id, json, server }: Asked) {
  const program = yield* Program
  const stdio = yield* Stdio
  const connection = yield* program.connect({ server, mode: follow ? "own" : "recording" })
  const session = yield* connection.sessions.find(id)
  const now = yield* connection.sessions.addBudget(session.id, { addUsd, by: connection.by })
  if (now.phase === "budget") yield* stdio.err(`it is not enough: ${spent(now) ?? ""}\n`)
  const follows = follow && now.phase !== "budget"
  if (!json) return yield* afterwards(connection, session, "added to the budget of", follows)
  if (!follows) return yield* stdio.out(budgetJson(now))
  yield* showTurn(connection, session, { after: session.lastEventId, json })
})

export const budgetCommand = Command.make(
  "budget",
  {
    id: Parameters.sessionId,
    add: Parameters.dollars("add", "how much to add, in US dollars; without it, what is spent is shown").pipe(
      Options.optional
    ),
    follow: Parameters.flag("follow", "with --add: follow the session's events to the end of the turn"),
    json: Parameters.json("JSON (with --follow, one event a line)"),
    server: Parameters.server
  },
  ({ add, follow, ...asked }) =>
    Effect.scoped(
      Option.match(add, {
        onSome: (addUsd) => addTo(addUsd, follow, asked),
        onNone: () => follow ? new UsageError({ reason: "--follow goes with --add" }) : show(asked)
      })
    )
).pipe(Command.withDescription("Show what a session has spent, or add to its budget; a turn that waits for it goes on"))
