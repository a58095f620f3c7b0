/** A session whose agent is a scripted one, for tests of its host in the real entrypoint. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type AgentLaunch, AgentLaunchJson } from "../../../src/domain/AgentLaunch.ts"
import * as SandboxMarker from "../../../src/domain/SandboxMarker.ts"
import { makeSession } from "../SessionWorkspace.ts"

const encodeLaunch = Schema.encodeSync(AgentLaunchJson)

/** A session whose agent is the scripted one. */
export const world = Effect.fn("world")(function*(can = "resume load", changes: Partial<AgentLaunch> = {}) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const session = yield* makeSession({ "README.md": "hello\n" })
  const log = `${session.workspace}/../agent.log`
  const agent = yield* path.fromFileUrl(new URL("../../standins/agent/scriptedAgent.mjs", import.meta.url))
  const launch: AgentLaunch = {
    agent: "scripted",
    command: ["node", agent],
    environment: { AGENT_CAN: can, AGENT_LOG: log, AT_HOME: "{{HOME}}/x" },
    files: [{ path: ".scripted/config.json", content: "{\"url\":\"{{ANTHROPIC_BASE_URL}}\"}" }],
    mode: "free",
    continues: ["resume", "load"],
    ...changes
  }
  const env = { OPENTL_AGENT: "acp", OPENTL_AGENT_NAME: "scripted" }
  const input = `${session.workspace}/in/agent.json`
  yield* fs.writeFileString(input, encodeLaunch(launch))
  return {
    session,
    /** Runs a round to its end. */
    round: (prompt: string, more: Record<string, string> = {}) =>
      Effect.map(
        session.round("", { prompt, env: { ...env, ...more } }),
        (round) => ({ ...round, parsed: round.lines.map(SandboxMarker.parse) })
      ),
    /** Begins a round, and returns when the agent waits. */
    begin: (prompt: string) =>
      Effect.gen(function*() {
        yield* fs.writeFileString(`${session.workspace}/in/prompt.md`, prompt)
        const process = yield* session.begin("", env)
        const waits = yield* Deferred.make<void>()
        // read to its end: a program whose output nobody reads ends of that
        yield* process.stdout.pipe(
          Stream.decodeText(),
          Stream.splitLines,
          Stream.runForEach((line) => line.includes("I wait.") ? Deferred.succeed(waits, undefined) : Effect.void),
          Effect.forkScoped
        )
        yield* Deferred.await(waits)
        return process
      }),
    answer: fs.readFileString(`${session.workspace}/out/answer.md`),
    home: (name: string) => fs.readFileString(`${session.workspace}/home/${name}`),
    noted: Effect.map(
      fs.readFileString(log),
      (text) => text.trimEnd().split("\n").map((line): unknown => JSON.parse(line))
    )
  }
})

/** What the agent has said and done, line by line. */
export const said = (lines: ReadonlyArray<SandboxMarker.SandboxLine>) =>
  lines.flatMap((line) => line._tag === "Agent" ? [line.line.text] : [])

export const statuses = (lines: ReadonlyArray<SandboxMarker.SandboxLine>) =>
  lines.flatMap((line) => line._tag === "Status" ? [line.text] : [])
