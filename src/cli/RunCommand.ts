/** `opentl run`: starts a session from a task and follows it to its pull request. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import { available } from "../domain/Agent.ts"
import { Session } from "../domain/Session.ts"
import { offerImage } from "./ImageOffer.ts"
import { jsonDocument } from "./Json.ts"
import * as Parameters from "./Parameters.ts"
import { createOptions, Program } from "./Program.ts"
import { runRequest } from "./RunRequest.ts"
import { taskText } from "./RunTask.ts"
import { oneLine } from "./terminal/SafeText.ts"
import { Stdio } from "./terminal/Stdio.ts"
import { showTurn } from "./Turn.ts"

const encodeSession = jsonDocument(Session)

const options = {
  task: Parameters.argument("task", "what to do; - reads it from standard input").pipe(
    Args.optional
  ),
  repo: Parameters.text("repo", "repo", "owner/name or a URL on GitHub, or the path of a local git repository", {
    default: "this clone's GitHub remote"
  }).pipe(Options.optional),
  agent: Parameters.text(
    "agent",
    "name",
    `auto, ${available.join(", ")}, or (without a server) command:<shell line> or acp:<shell line>`,
    { env: "OPENTL_AGENT" }
  ).pipe(Options.optional),
  model: Parameters.text("model", "name", "the agent's model", { env: "OPENTL_AGENT_MODEL" }).pipe(Options.optional),
  base: Parameters.text("base", "branch", "the branch to start from", { default: "the repository's default branch" })
    .pipe(Options.optional),
  noQuestions: Parameters.flag("no-questions", "let the planner assume what is unclear; so it is without a terminal"),
  planOnly: Parameters.flag("plan-only", "make a plan and end with it"),
  approvePlan: Parameters.flag("approve-plan", "wait for approval of the plan before the agent starts"),
  budget: Parameters.dollars("budget", "the most the session may spend, in US dollars", { env: "OPENTL_BUDGET_USD" })
    .pipe(
      Options.optional
    ),
  timeout: Parameters.duration("timeout", "the time limit of a turn: 90s, 30m, 2h", {
    env: "OPENTL_SESSION_TIMEOUT",
    default: "30m"
  }).pipe(Options.optional),
  detach: Parameters.flag("detach", "print the session's id and return"),
  json: Parameters.json("one JSON event a line (with --detach: the session)"),
  server: Parameters.server
}

export const runCommand = Command.make(
  "run",
  options,
  ({ detach, json, server, task, ...rest }) =>
    Effect.gen(function*() {
      const stdio = yield* Stdio
      const program = yield* Program
      const prompt = yield* taskText(task)
      const request = yield* runRequest({ ...rest, prompt })
      const connection = yield* program.connect({ server, mode: detach ? "recording" : "own" })
      if (connection.place._tag === "Embedded" && !detach && !rest.planOnly) yield* offerImage(rest.agent)
      const { session } = yield* connection.sessions.create(request, createOptions(connection))
      if (detach) {
        yield* stdio.out(json ? encodeSession(session) : `${session.id}\n`)
        return yield* stdio.err(
          connection.place._tag === "Server"
            ? `started; watch it with opentl logs ${session.id} --follow\n`
            : `recorded as pending: nothing is working on it now; the next opentl serve starts it\n`
        )
      }
      yield* stdio.err(`session ${session.id} on ${oneLine(session.repo)}, branch ${session.branch}\n`)
      yield* showTurn(connection, session, { after: 0, json })
    }).pipe(Effect.scoped)
).pipe(
  Command.withDescription("Give a task to an agent and follow it to its pull request")
)
