/** Rounds of the real entrypoint with the built-in agent, its model's API behind the gateway's socket. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as SandboxMarker from "../../src/domain/SandboxMarker.ts"
import { type DialectName, type Scripted, serve } from "./agent/ScriptedModel.ts"
import { makeSession } from "./SessionWorkspace.ts"

export const shell = (command: string) => ({ id: "call-1", name: "shell", input: { command } })

/** The text of each line, as people read it. */
export const texts = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.map((line) => {
    const parsed = SandboxMarker.parse(line)
    return parsed._tag === "Agent" ? parsed.line.text : parsed._tag === "Done" ? "(done)" : parsed.text
  })

export const builtInEnvironment = (dialect: DialectName, socket: string) => ({
  OPENTL_AGENT: "opentl",
  OPENTL_AGENT_MODEL: "model-1",
  OPENTL_AGENT_DIALECT: dialect,
  OPENTL_GATEWAY_SOCKET: socket
})

/** A session, and a model that answers from one script in all its rounds. */
export const world = Effect.fn("world")(function*(
  dialect: DialectName,
  script: ReadonlyArray<Scripted>,
  files: Record<string, string> = { "README.md": "hello\n" }
) {
  const fs = yield* FileSystem.FileSystem
  const session = yield* makeSession(files)
  const socket = `${session.workspace}/../gateway.sock`
  const api = yield* serve(dialect, script, { path: socket })
  const conversations = `${session.workspace}/home/.opentl/conversations`
  return {
    session,
    requests: api.requests,
    /** What the model was sent, a text a request. */
    asked: Effect.map(api.requests, (all) => all.map(({ body }) => JSON.stringify(body.messages))),
    answer: fs.readFileString(`${session.workspace}/out/answer.md`),
    /** The files of the conversations that are kept. */
    conversations: Effect.map(
      fs.readDirectory(conversations),
      (names) => names.map((name) => `${conversations}/${name}`)
    ),
    round: (prompt: string, env: Record<string, string> = {}) =>
      Effect.map(
        session.round("", { prompt, env: { ...builtInEnvironment(dialect, socket), ...env } }),
        (round) => ({ ...round, texts: texts(round.lines) })
      ),
    environment: builtInEnvironment(dialect, socket)
  }
})
