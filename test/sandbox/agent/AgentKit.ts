import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as AgentLines from "../../../sandbox/acp/AgentLines.ts"
import * as Agent from "../../../sandbox/agent/Agent.ts"
import { AgentConfig } from "../../../sandbox/agent/AgentConfig.ts"
import { anthropicDialect } from "../../../sandbox/agent/AnthropicDialect.ts"
import * as HttpModel from "../../../sandbox/agent/HttpModel.ts"
import { openAiDialect } from "../../../sandbox/agent/OpenAiDialect.ts"
import type { Telling } from "../../../sandbox/agent/Telling.ts"
import type { TodoList } from "../../../sandbox/agent/TodoList.ts"
import { Toolbox } from "../../../sandbox/agent/Toolbox.ts"
import type { Transcript } from "../../../sandbox/agent/Transcript.ts"
import { type DialectName, type Scripted, serve } from "./ScriptedModel.ts"

const dialects = { anthropic: anthropicDialect, openai: openAiDialect }

export const configLayer = (dialect: DialectName, baseUrl: string) =>
  Layer.succeed(AgentConfig, {
    dialect: dialects[dialect],
    baseUrl,
    apiKey: Redacted.make("the-key"),
    model: "model-1",
    maxSteps: 60,
    startCommit: Option.none(),
    isFree: true
  })

/** Keeps what is told, as the lines that a sandbox's host prints. */
export const recordTelling = Effect.fn("recordTelling")(function*(directory: string) {
  const told = yield* Ref.make(AgentLines.nothing(directory))
  const printed = yield* Ref.make<ReadonlyArray<string>>([])
  const print = ([after, lines]: ReturnType<typeof AgentLines.tell>) =>
    Effect.zipRight(Ref.set(told, after), Ref.update(printed, (all) => [...all, ...lines.map(({ text }) => text)]))
  const tell: Telling["tell"] = (update) =>
    Effect.flatMap(Ref.get(told), (before) => print(AgentLines.tell(before, update)))
  const telling: Telling = {
    presentation: "lines",
    tell,
    notice: (title) => tell({ sessionUpdate: "notice", severity: "info", title })
  }
  const end = Effect.flatMap(Ref.get(told), (before) => print(AgentLines.end(before)))
  return { telling, log: Effect.zipRight(end, Ref.get(printed)) }
})

/** The tools of a directory; everything is permitted. */
export const makeToolbox = (directory: string, telling: Telling, todo: Ref.Ref<TodoList>) =>
  Toolbox.make({ directory, telling, todo, prefix: "test", permit: () => Effect.succeed(true) })

/** Runs the agent in a fresh directory against a scripted API on the loopback. */
export const runAgent = Effect.fn("runAgent")(function*(
  dialect: DialectName,
  script: ReadonlyArray<Scripted>,
  options: Partial<Agent.AgentOptions> = {}
) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-agent-" })
  const api = yield* serve(dialect, script)
  const { log, telling } = yield* recordTelling(directory)
  const todo = yield* Ref.make<TodoList>([])
  const kept = yield* Ref.make<ReadonlyArray<Transcript>>([])
  const outcome = yield* Agent.run({
    before: [],
    prompt: "the task",
    maxSteps: 20,
    telling,
    todo: Ref.get(todo),
    keep: (transcript) => Ref.update(kept, (all) => [...all, transcript]),
    ...options
  }).pipe(
    Effect.provideServiceEffect(Toolbox, makeToolbox(directory, telling, todo)),
    Effect.provide(
      HttpModel.layer.pipe(
        Layer.provide(configLayer(dialect, api.baseUrl)),
        Layer.provide(NodeHttpClient.layer)
      )
    )
  )
  return { ...outcome, directory, log: yield* log, kept: yield* Ref.get(kept), requests: yield* api.requests }
})
