/**
 * The built-in agent for the host of a round, in the host's own process: the requests of the protocol are calls, and its
 * updates go to the host as they are. So a round costs no further process, and nothing is encoded for it.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import { killMarked } from "../acp/AgentProcess.ts"
import { type Agent, AgentStarter, type Method, of } from "../acp/Connection.ts"
import * as AcpAgent from "./AcpAgent.ts"

import type { AgentRequestParamsByMethod, AgentRequestResponsesByMethod, SessionUpdate } from "@agentclientprotocol/sdk"

type Handlers = {
  readonly [M in Method]: (
    params: AgentRequestParamsByMethod[M]
  ) => Effect.Effect<AgentRequestResponsesByMethod[M], AcpAgent.RequestRefused>
}

/** Makes the agent for the lifetime of the scope. `mark` is what its commands carry in their environment. */
export const make = Effect.fn("InProcess.make")(function*(mark: string) {
  const fs = yield* FileSystem.FileSystem
  yield* Effect.addFinalizer(() => Effect.provideService(killMarked(mark), FileSystem.FileSystem, fs))
  const run = yield* FiberSet.makeRuntimePromise()
  let hear: (update: SessionUpdate) => void = () => {}
  const agent = yield* AcpAgent.make(Effect.succeed({
    presentation: "lines",
    hasNotices: true,
    update: (_, update) => Effect.sync(() => hear(update))
  }))
  const handlers: Handlers = {
    initialize: agent.initialize,
    "session/load": agent.loadSession,
    "session/new": agent.newSession,
    "session/prompt": agent.prompt,
    "session/resume": agent.resumeSession,
    "session/set_mode": agent.setMode
  }
  const asked: Agent = {
    request: (method, params) => run(handlers[method](params)),
    notify: (_, params) => run(agent.cancel(params))
  }
  return {
    outcomes: agent.outcomes,
    starter: AgentStarter.of({
      start: (_, onUpdate) =>
        Effect.sync(() => {
          hear = onUpdate
          return { connection: of(asked), ended: Effect.never, lastWords: Effect.succeed(""), lastUpdates: 0 }
        })
    })
  }
})
