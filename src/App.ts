/** The composition. Everything that a program needs is a layer here; only edges are added on top. */
import * as Layer from "effect/Layer"
import { NewSessions } from "./actors/NewSessions.ts"
import { Pipeline } from "./actors/Pipeline.ts"
import { Places } from "./actors/Places.ts"
import * as Recovery from "./actors/Recovery.ts"
import { Sessions } from "./actors/Sessions.ts"
import { SessionSupervisor } from "./actors/SessionSupervisor.ts"
import { Agents } from "./services/Agents.ts"
import { ChatMemory } from "./services/ChatMemory.ts"
import { EventBus } from "./services/EventBus.ts"
import { EventLog } from "./services/EventLog.ts"
import { LogWriter } from "./services/LogWriter.ts"
import { Outbox } from "./services/Outbox.ts"
import { SessionHistory } from "./services/SessionHistory.ts"
import { SessionStore } from "./services/SessionStore.ts"

/** The log: written, read, streamed. Needs a database. */
export const layerLog = Layer.mergeAll(LogWriter.layer, EventLog.layer, SessionHistory.layer, Outbox.layer, ChatMemory.layer).pipe(
  Layer.provideMerge(SessionStore.layer),
  Layer.provideMerge(EventBus.layer)
)

/** The actors on top of the log. Open: the database, the sandbox, the gateway, the model, the forge and its repositories. */
export const layerActors = Layer.mergeAll(Sessions.layer, Recovery.layer).pipe(
  Layer.provideMerge(NewSessions.layer),
  Layer.provideMerge(SessionSupervisor.layer),
  Layer.provide(Pipeline.layer),
  Layer.provideMerge(Places.layer),
  Layer.provide(Agents.layer),
  Layer.provideMerge(layerLog)
)
