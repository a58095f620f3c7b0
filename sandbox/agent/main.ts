/**
 * The built-in agent's program. The entrypoint starts it in the repository and configures it by environment variables.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as ConfigError from "effect/ConfigError"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as StartRequest from "../StartRequest.ts"
import * as Agent from "./Agent.ts"
import { AgentConfig } from "./AgentConfig.ts"
import * as HttpModel from "./HttpModel.ts"
import { Toolbox } from "./Toolbox.ts"

const program = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const { answerFile, maxSteps, promptFile } = yield* AgentConfig
  const prompt = yield* fs.readFileString(promptFile)
  const { answer, exitCode } = yield* Agent.run({ prompt, maxSteps })
  yield* fs.writeFileString(answerFile, `${answer}\n`)
  return exitCode
})

const ToolboxHere = Layer.unwrapEffect(Effect.map(Path.Path, (path) => Toolbox.layer(path.resolve("."))))

// Separate agents for node's HTTP client: neither proxy variables nor pooled connections apply to the loopback.
const AgentLive = Layer.mergeAll(HttpModel.layer, ToolboxHere).pipe(
  Layer.provideMerge(AgentConfig.layer),
  Layer.provideMerge(Layer.mergeAll(NodeContext.layer, NodeHttpClient.layer))
)

/**
 * With `--wait` it was started before its repository was there, so that its modules are loaded by then: it is told through its
 * stdin where and with what environment it works.
 */
const toldToStart = Effect.async<void>((resume) => {
  StartRequest.fromStdin(process.stdin, ({ directory, environment }) => {
    process.chdir(directory)
    // eslint-disable-next-line house/no-environment -- what Config and the agent's commands find there from now on
    process.env = { ...environment }
    resume(Effect.void)
  })
}).pipe(Effect.when(() => process.argv[2] === "--wait"))

toldToStart.pipe(
  Effect.zipRight(Effect.provide(program, AgentLive)),
  Effect.catchAll((error) =>
    // A configuration error names the variable only in its string form.
    Effect.as(Console.log(`error: ${ConfigError.isConfigError(error) ? String(error) : error.message}`), 1)
  ),
  Effect.flatMap((exitCode) =>
    Effect.sync(() => {
      process.exitCode = exitCode
    })
  ),
  NodeRuntime.runMain({
    // The process ends by itself once its output is written. Only a defect or a signal ends it at once.
    teardown: (exit, end) => {
      if (Exit.isFailure(exit)) end(Exit.isInterrupted(exit) ? 143 : 1)
    }
  })
)
