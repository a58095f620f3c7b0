import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Agent from "../../../sandbox/agent/Agent.ts"
import { AgentConfig } from "../../../sandbox/agent/AgentConfig.ts"
import { anthropicDialect } from "../../../sandbox/agent/AnthropicDialect.ts"
import * as HttpModel from "../../../sandbox/agent/HttpModel.ts"
import { openAiDialect } from "../../../sandbox/agent/OpenAiDialect.ts"
import { Toolbox } from "../../../sandbox/agent/Toolbox.ts"
import { type DialectName, type Scripted, serve } from "./ScriptedModel.ts"

const dialects = { anthropic: anthropicDialect, openai: openAiDialect }

export const configLayer = (dialect: DialectName, baseUrl: string) =>
  Layer.succeed(AgentConfig, {
    dialect: dialects[dialect],
    baseUrl,
    apiKey: Redacted.make("the-key"),
    model: "model-1",
    maxSteps: 60,
    promptFile: "",
    answerFile: ""
  })

/** Runs an effect, and gives the lines that it printed beside its result. */
export const recordLog = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const printed = yield* Ref.make<ReadonlyArray<string>>([])
    const result = yield* Console.consoleWith((console) =>
      Effect.withConsole(effect, {
        ...console,
        log: (...parts) => Ref.update(printed, (lines) => [...lines, ...parts.join(" ").split("\n")])
      })
    )
    return { result, log: yield* Ref.get(printed) }
  })

/** Runs the agent in a fresh directory against a scripted API on the loopback. */
export const runAgent = Effect.fn("runAgent")(function*(
  dialect: DialectName,
  script: ReadonlyArray<Scripted>,
  options: Partial<Agent.AgentOptions> = {}
) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-agent-" })
  const api = yield* serve(dialect, script)
  const { log, result } = yield* recordLog(Agent.run({ prompt: "the task", maxSteps: 20, ...options })).pipe(
    Effect.provide(
      Layer.mergeAll(HttpModel.layer, Toolbox.layer(directory)).pipe(
        Layer.provide(configLayer(dialect, api.baseUrl)),
        Layer.provide(NodeHttpClient.layer)
      )
    )
  )
  return { ...result, directory, log, requests: yield* api.requests }
})
