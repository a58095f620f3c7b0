/**
 * The built-in agent's program. In a sandbox the entrypoint starts it in the repository, and it hosts itself: the round is the
 * same as that of any agent that speaks the Agent Client Protocol, in one process.
 *
 * `agent.mjs`                 a round, configured by environment variables
 * `agent.mjs --wait …`        the same, once it is told through its stdin where it works (see acp/HostStart.ts). With
 *                             `--rehearse` it does such a round for itself before that (see Rehearsal.ts)
 * `agent.mjs --acp [--free]`  speaks the protocol on stdin and stdout. With `--free` nobody is asked for permission
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as ConfigError from "effect/ConfigError"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { Readable, Writable } from "node:stream"
import { markName } from "../acp/AgentProcess.ts"
import * as HostEnd from "../acp/HostEnd.ts"
import * as HostStart from "../acp/HostStart.ts"
import * as NodePlatform from "../NodePlatform.ts"
import { AgentConfig } from "./AgentConfig.ts"
import * as AgentLive from "./AgentLive.ts"
import * as Rehearsal from "./Rehearsal.ts"
import * as SandboxRound from "./SandboxRound.ts"

const [mode, ...switches] = process.argv.slice(2)

/** What the agent's commands carry in their environment, by which they are found at the end. */
const marked = Effect.sync(() => {
  const mark = String(process.pid)
  // eslint-disable-next-line house/no-environment -- it is inherited
  process.env[markName] = mark
  return mark
})

const roundOf = (mark: string, stdout: () => Writable) =>
  Effect.provide(SandboxRound.run(mark, stdout), AgentLive.layerOf(AgentConfig.layer))

const rehearsal = Effect.provide(Rehearsal.run((stdout) => roundOf("rehearsal", stdout)), NodePlatform.layer)

const round = Effect.zipRight(
  HostStart.meanwhile(rehearsal)(HostStart.awaited),
  Effect.flatMap(marked, (mark) => roundOf(mark, () => process.stdout))
)

/** Loaded when it is needed: a round has no use for it. */
const editor = Effect.promise(() => import("./AcpServer.ts")).pipe(
  Effect.flatMap(({ serve }) =>
    serve({ input: Readable.toWeb(process.stdin), output: Writable.toWeb(process.stdout) })
  ),
  Effect.scoped,
  Effect.as(0),
  Effect.provide(AgentLive.layerOf(AgentConfig.layerOutside(switches.includes("--free"))))
)

/** One line, which cannot look like a marker. */
const sentence = (error: { readonly message: string }) =>
  // a configuration error names the variable only in its string form
  `error: ${ConfigError.isConfigError(error) ? String(error) : error.message}`.replaceAll(/\p{Cc}+/gu, " ")

const program = mode === "--acp"
  ? Effect.catchAll(editor, (error) => Effect.as(Console.error(sentence(error)), 1))
  : Effect.catchAll(round, (error) => Effect.as(Console.log(sentence(error)), 1))

// a stop may reach this program twice: the first asks the agent to stop, the second must not end it
process.on("SIGTERM", () => {})

program.pipe(
  Effect.flatMap((exitCode) =>
    Effect.sync(() => {
      process.exitCode = exitCode
    })
  ),
  NodeRuntime.runMain({ teardown: HostEnd.teardown(process, HostStart.codeDescriptor) })
)
