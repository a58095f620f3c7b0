/** The composition. Every part of a program is a layer here; edges are added on top. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Admission } from "./actors/session/Admission.ts"
import { OwnSessions } from "./actors/session/OwnSessions.ts"
import { SessionRouter } from "./actors/session/SessionRouter.ts"
import { SessionSupervisor } from "./actors/session/SessionSupervisor.ts"
import { NewSessions } from "./actors/sessions/NewSessions.ts"
import * as Recovery from "./actors/sessions/Recovery.ts"
import type { SessionsMode } from "./actors/sessions/Sessions.ts"
import * as SessionsLive from "./actors/sessions/SessionsLive.ts"
import * as Waking from "./actors/sessions/Waking.ts"
import * as WorkspaceRetention from "./actors/sessions/WorkspaceRetention.ts"
import { CollectedRuns } from "./actors/steps/CollectedRuns.ts"
import { Pipeline } from "./actors/steps/Pipeline.ts"
import { RestingSandboxes } from "./actors/steps/RestingSandboxes.ts"
import { WarmSandboxes } from "./actors/steps/WarmSandboxes.ts"
import { BotStatus } from "./bots/shared/BotStatus.ts"
import * as SlackBot from "./bots/slack/SlackBot.ts"
import * as TelegramBot from "./bots/telegram/TelegramBot.ts"
import { HttpLive } from "./http/HttpServer.ts"
import { HealthChecks } from "./http/Ready.ts"
import { Agents } from "./services/agents/Agents.ts"
import { DayBudget } from "./services/budget/DayBudget.ts"
import { ApiTokens } from "./services/config/ApiTokens.ts"
import { AppConfig } from "./services/config/AppConfig.ts"
import { DataDirectory } from "./services/config/DataDirectory.ts"
import * as Forges from "./services/forge/Forges.ts"
import { SecretScanner } from "./services/gate/SecretScanner.ts"
import { Gateway } from "./services/gateway/Gateway.ts"
import { OpenCalls } from "./services/gateway/OpenCalls.ts"
import { BaseConfigurations } from "./services/git/BaseConfiguration.ts"
import { BaseTrees } from "./services/git/CheckTrees.ts"
import { Git } from "./services/git/Git.ts"
import * as GitLocalForge from "./services/git/GitLocalForge.ts"
import * as GitRepositories from "./services/git/GitRepositories.ts"
import * as LanguageModels from "./services/model/LanguageModels.ts"
import { ModelPrices } from "./services/model/ModelPrices.ts"
import { Programs } from "./services/programs/Programs.ts"
import { DependencyCache } from "./services/sandbox/DependencyCache.ts"
import { Sandbox } from "./services/sandbox/Sandbox.ts"
import * as SandboxLayer from "./services/sandbox/SandboxLayer.ts"
import { BaseChecks } from "./services/store/BaseChecks.ts"
import { ChatMemory } from "./services/store/ChatMemory.ts"
import * as Database from "./services/store/Database.ts"
import { DatabaseHealth } from "./services/store/DatabaseHealth.ts"
import { EventBus } from "./services/store/EventBus.ts"
import { EventFeeds } from "./services/store/EventFeeds.ts"
import { EventLog } from "./services/store/EventLog.ts"
import { LogWriter } from "./services/store/LogWriter.ts"
import { Outbox } from "./services/store/Outbox.ts"
import { ReviewParts } from "./services/store/ReviewParts.ts"
import { SessionHistory } from "./services/store/SessionHistory.ts"
import { SessionStore } from "./services/store/SessionStore.ts"
import { SpentOnDay } from "./services/store/SpentOnDay.ts"
import { BackgroundTasks, describe as describeTask } from "./services/support/BackgroundTasks.ts"

/** The log (written, read, streamed) and the supervisor of long-lived fibers. Requires the database. */
export const layerLog = Layer.mergeAll(
  LogWriter.layer,
  EventLog.layer,
  EventFeeds.layer,
  BaseChecks.layer,
  ReviewParts.layer,
  SpentOnDay.layer,
  SessionHistory.layer,
  Outbox.layer,
  ChatMemory.layer
).pipe(
  Layer.provideMerge(SessionStore.layer),
  Layer.provideMerge(EventBus.layer),
  Layer.provideMerge(BackgroundTasks.layer)
)

/** Sandboxes that wait for sessions, or none. */
type Warm = Layer.Layer<never, never, Layer.Layer.Context<typeof WarmSandboxes.layer | typeof RestingSandboxes.layer>>

/**
 * The sessions on top of the log. Requires the database, the sandbox, the gateway, the model, the forge, its
 * repositories, and admission.
 */
const sessionsWith = (warm: Warm) =>
  SessionsLive.layer.pipe(
    Layer.provideMerge(NewSessions.layer),
    Layer.provideMerge(SessionRouter.layerLocal),
    Layer.provideMerge(SessionSupervisor.layer),
    Layer.provide(
      Layer.provide(Pipeline.layer, [
        OpenCalls.layer,
        CollectedRuns.layer,
        BaseConfigurations.layer,
        BaseTrees.layer,
        DependencyCache.layer
      ])
    ),
    Layer.provideMerge(warm),
    Layer.provideMerge(Agents.layer),
    Layer.provide(ModelPrices.layer),
    Layer.provideMerge(DayBudget.layer),
    Layer.provideMerge(layerLog)
  )

const workingWith = (warm: Warm) =>
  Layer.mergeAll(Recovery.layer, Waking.layer, WorkspaceRetention.layer).pipe(
    Layer.provideMerge(sessionsWith(warm)),
    Layer.provideMerge(Admission.layer)
  )

/** Sessions that are worked on: new ones, and those that were running when the last process ended. */
export const layerWorking = Layer.provide(workingWith(Layer.empty), OwnSessions.layerAll)

/** As `layerWorking`, with sandboxes that wait for sessions to come, and for those that rest (OPENTL_WARM). */
export const layerServing = Layer.provide(
  workingWith(Layer.merge(WarmSandboxes.layer, RestingSandboxes.layer)),
  OwnSessions.layerAll
)

/** Sessions of one command: it works on those that it creates or steers, and leaves all others as they are. */
export const layerOwn = Layer.provide(workingWith(Layer.empty), OwnSessions.layerAsked)

/**
 * Sessions that are recorded: created, steered and read, but no turn starts here. A stop takes effect, with its
 * clean-up; everything else waits for the next process that works.
 */
export const layerRecording = sessionsWith(Layer.empty).pipe(
  Layer.provideMerge(Admission.layerClosed),
  Layer.provide(OwnSessions.layerAll)
)

/** The configured external services. */
export const layerOutside = Layer.mergeAll(
  GitRepositories.layer,
  LanguageModels.layerFromConfig,
  SandboxLayer.layer,
  Gateway.layer,
  SecretScanner.layer
).pipe(
  Layer.provideMerge(Layer.provide(Forges.layer, GitLocalForge.layer)),
  Layer.provide(Git.layer),
  // of the sandbox, too, which goes without it where there is none
  Layer.provide(Programs.layer)
)

/** An embedded program ends with its sessions, so it prepares nothing for others. */
const layersOf = {
  server: { working: layerServing, own: layerOwn, recording: layerRecording },
  embedded: { working: layerWorking, own: layerOwn, recording: layerRecording }
}

/** The data directory with its database, owned by this process for the lifetime of the layer. */
const layerOwned = (kind: "server" | "embedded") => Database.layer.pipe(Layer.provideMerge(DataDirectory.layer(kind)))

/**
 * The whole program without its edges, on the data directory. `kind` is reported to processes that find the directory
 * in use; `mode` says what happens to the sessions.
 */
export const layerCore = (kind: "server" | "embedded", mode: SessionsMode = "working") =>
  layersOf[kind][mode].pipe(
    Layer.provideMerge(layerOutside),
    Layer.provideMerge(layerOwned(kind)),
    Layer.provideMerge(AppConfig.layer),
    Layer.provideMerge(NodeContext.layer)
  )

/** The bots. Without tokens they do nothing, and a wrong token does not affect anything else. */
const layerBots = Layer.mergeAll(SlackBot.layer, TelegramBot.layer).pipe(Layer.provideMerge(BotStatus.layer))

/** The checks of `/ready`: the database, the sandbox, and each long-lived task. */
const layerHealth = Layer.effect(
  HealthChecks,
  Effect.gen(function*() {
    const database = yield* DatabaseHealth
    const sandbox = yield* Sandbox
    const { tasks } = yield* BackgroundTasks
    return Effect.map(tasks, (tasks) => [
      { name: "database", check: database.check },
      { name: "sandbox", check: sandbox.check },
      ...tasks.map((task) => ({
        name: task.name,
        check: Option.match(describeTask(task), {
          onNone: () => Effect.void,
          onSome: (message) => Effect.fail({ message })
        })
      }))
    ])
  })
)

/** The server program: the core, the HTTP API, and each bot whose tokens are set. */
export const layerServer = Layer.mergeAll(HttpLive, layerBots).pipe(
  Layer.provideMerge(layerHealth),
  Layer.provideMerge(ApiTokens.layer),
  Layer.provideMerge(layerCore("server"))
)
