/**
 * OpenTL as a library: its services as layers, its program composed in a few lines, its errors typed. Importing it has
 * no side effects.
 *
 * @example
 * import { layerCore, Sessions } from "opentl"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const program = Effect.gen(function*() {
 *   const sessions = yield* Sessions
 *   const { session } = yield* sessions.create(
 *     { repo: { _tag: "GitHub", owner: "acme", name: "app" }, prompt: "Fix the login" },
 *     { by: { name: "ada", via: "library" }, trustLocalPaths: true, trustCommands: true }
 *   )
 *   return yield* Stream.runLast(sessions.events(session.id, 0))
 * }).pipe(Effect.provide(layerCore("embedded")))
 */

// The program
export { type CreateOptions, type ListSessions, Sessions, SessionUnavailable } from "./actors/sessions/Sessions.ts"
export {
  layerCore,
  layerLog,
  layerOutside,
  layerOwn,
  layerRecording,
  layerServer,
  layerServing,
  layerWorking
} from "./App.ts"

// Sessions and their events
export { Agent, AgentName } from "./domain/Agent.ts"
export type { Diff } from "./domain/Diff.ts"
export { EventType, SessionEventView } from "./domain/EventText.ts"
export { BranchName, CommitId, SessionId } from "./domain/Ids.ts"
export { Plan } from "./domain/Plan.ts"
export { InvalidRepository, parse as parseRepository, Repository } from "./domain/Repository.ts"
export { Requester } from "./domain/Requester.ts"
export { Review } from "./domain/Review.ts"
export { Session, SessionNotFound, SessionPhase, SessionStatus } from "./domain/Session.ts"
export {
  ApproverIsRequester,
  NothingToApprove,
  NothingToRetry,
  PlanReplaced,
  SessionEnded,
  TurnOver
} from "./domain/SessionCommand.ts"
export { SessionEvent } from "./domain/SessionEvent.ts"
export { CreateSession, IdempotencyConflict, InvalidRequest } from "./domain/SessionRequest.ts"
export { Usage } from "./domain/Usage.ts"

// Services, each a port with its layers
export { Agents, AgentUnavailable } from "./services/agents/Agents.ts"
export { AppConfig, type AppConfigShape } from "./services/config/AppConfig.ts"
export { DataDirectory, DataDirectoryBusy, DataDirectoryUnusable } from "./services/config/DataDirectory.ts"
export { Forge, ForgeError, type Proposal, type Remote, RepositoryNotFound } from "./services/forge/Forge.ts"
export * as Forges from "./services/forge/Forges.ts"
export { LocalForge } from "./services/forge/LocalForge.ts"
export {
  Gateway,
  GatewayError,
  type GatewayReport,
  type GatewayRequest,
  UsageNotRecorded
} from "./services/gateway/Gateway.ts"
export { Git } from "./services/git/Git.ts"
export * as GitLocalForge from "./services/git/GitLocalForge.ts"
export * as GitRepositories from "./services/git/GitRepositories.ts"
export { BranchNotFound, GitError, Repositories, ResultRefused } from "./services/git/Repositories.ts"
export {
  LanguageModel,
  LanguageModelError,
  type ModelAnswer,
  type ModelQuestion,
  NoLanguageModel,
  UnreadableAnswer
} from "./services/model/LanguageModel.ts"
export * as LanguageModels from "./services/model/LanguageModels.ts"
export * as DockerSandbox from "./services/sandbox/docker/DockerSandbox.ts"
export * as LocalSandbox from "./services/sandbox/local/LocalSandbox.ts"
export {
  type RunExit,
  type RunId,
  type RunSpec,
  Sandbox,
  SandboxError,
  SandboxUnavailable
} from "./services/sandbox/Sandbox.ts"
export * as SandboxLayer from "./services/sandbox/SandboxLayer.ts"
export * as Database from "./services/store/Database.ts"
export { EventBus } from "./services/store/EventBus.ts"
export { type EventFeed, EventFeeds } from "./services/store/EventFeeds.ts"
export { EventLog } from "./services/store/EventLog.ts"
export { SessionHistory } from "./services/store/SessionHistory.ts"
export { type Claim, SessionStore } from "./services/store/SessionStore.ts"
export { StoreError } from "./services/store/StoreError.ts"

// The HTTP API: as a whole server, or to mount in another one
export { Api as HttpApi, EventsGroup as HttpEventsGroup, SessionsGroup as HttpSessionsGroup } from "./http/Api.ts"
export { layer as layerHttpErrors } from "./http/ApiErrors.ts"
export { Authorization as HttpAuthorization } from "./http/Authorization.ts"
export { handlers as httpEventsHandlers } from "./http/EventsHttp.ts"
export { HttpLive, layerApi as layerHttpApi, layerServe as layerHttpServe } from "./http/HttpServer.ts"
export { Drain as HttpDrain, ListenFailed } from "./http/NodeServer.ts"
export { type HealthCheck, HealthChecks } from "./http/Ready.ts"
export { handlers as httpSessionsHandlers } from "./http/SessionsHttp.ts"
export { ApiTokens } from "./services/config/ApiTokens.ts"
