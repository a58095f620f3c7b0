/**
 * The agent's side of the Agent Client Protocol, version 1, as effects: without a transport, so that the sandbox's host calls
 * it in its own process, and an editor through its standard streams (`AcpServer`).
 */
import type * as Acp from "@agentclientprotocol/sdk"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import type { Outcome } from "./Agent.ts"
import { AgentConfig } from "./AgentConfig.ts"
import * as AgentSession from "./AgentSession.ts"
import { ConversationStore } from "./ConversationStore.ts"
import type { LanguageModel } from "./LanguageModel.ts"
import { textOf } from "./PromptContent.ts"
import type { Presentation } from "./Telling.ts"
import type { About } from "./Tool.ts"
import { translate } from "./Translation.ts"

/** The other side asked for something that cannot be. `code` is JSON-RPC's. */
export class RequestRefused extends Schema.TaggedError<RequestRefused>()("RequestRefused", {
  code: Schema.Int,
  reason: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

const invalid = (reason: string) => new RequestRefused({ code: -32602, reason })
const unknown = (reason: string) => new RequestRefused({ code: -32002, reason })
const internal = (reason: string) => new RequestRefused({ code: -32603, reason })

/** What the other side can show, and whether it is asked before something is done. */
export interface Client {
  readonly presentation: Presentation
  readonly hasNotices: boolean
  readonly update: (sessionId: string, update: Acp.SessionUpdate) => Effect.Effect<void>
  /** Absent: nobody is asked. */
  readonly permit?: (sessionId: string, callId: string, about: About) => Effect.Effect<boolean>
}

export type Environment =
  | AgentConfig
  | CommandExecutor
  | ConversationStore
  | FileSystem
  | LanguageModel
  | Path

const modes = { ask: "ask", free: "free" }

/** How a session's mode is chosen, where somebody can be asked. */
const modeState = (currentModeId: string): Acp.SessionModeState => ({
  currentModeId,
  availableModes: [
    { id: modes.ask, name: "Ask", description: "Asks before it runs a command or changes a file" },
    { id: modes.free, name: "Free", description: "Runs commands and changes files without asking" }
  ]
})

const makeId = Effect.map(
  Effect.replicateEffect(Random.nextIntBetween(0, 0x10000), 8),
  (parts) => parts.map((part) => part.toString(16).padStart(4, "0")).join("")
)

/** The agent for one connection. `client` is asked for at each session: it is known once the protocol is open. */
export const make = Effect.fn("AcpAgent.make")(function*(client: Effect.Effect<Client>) {
  const context = yield* Effect.context<Environment>()
  const { dialect, isFree, model } = yield* AgentConfig
  const store = yield* ConversationStore
  const sessions = yield* Ref.make<ReadonlyMap<string, AgentSession.AgentSession>>(new Map())
  const free = yield* Ref.make<ReadonlySet<string>>(new Set())
  const outcomes = yield* Ref.make<ReadonlyArray<Outcome>>([])

  const find = (id: string) =>
    Effect.flatMap(Ref.get(sessions), (all) => Effect.fromNullable(all.get(id))).pipe(
      Effect.orElseFail(() => unknown(`there is no session ${id}`))
    )

  const open = Effect.fnUntraced(function*(
    id: string,
    directory: string,
    kept: Pick<AgentSession.SessionOptions, "todo" | "transcript">
  ) {
    if (!directory.startsWith("/")) return yield* invalid(`cwd is not an absolute path: ${directory}`)
    const { hasNotices, permit, presentation, update } = yield* client
    const session = yield* AgentSession.make({
      id,
      directory,
      ...kept,
      presentation,
      hasNotices,
      tell: (told) => update(id, told),
      permit: (callId, about) =>
        Effect.flatMap(
          Ref.get(free),
          (ids) => permit === undefined || ids.has(id) ? Effect.succeed(true) : permit(id, callId, about)
        )
    }).pipe(Effect.mapError((error) => invalid(error.message)))
    yield* Ref.update(sessions, (all) => new Map(all).set(id, session))
    if (isFree) yield* Ref.update(free, (ids) => new Set(ids).add(id))
    return session
  })

  /** The state of a session's mode for an answer. */
  const modesOf = Effect.map(
    client,
    ({ permit }): { modes?: Acp.SessionModeState } =>
      permit === undefined ? {} : { modes: modeState(isFree ? modes.free : modes.ask) }
  )

  /** Takes up a conversation that was kept. What another model said is told in words that this one understands. */
  const takeUp = Effect.fnUntraced(function*(id: string, directory: string) {
    const kept = yield* Effect.mapError(
      store.load(id),
      (error) => error._tag === "ConversationUnknown" ? unknown(error.message) : internal(error.message)
    )
    const isOurs = kept.dialect === dialect.name && kept.model === model
    const transcript = isOurs ? kept.transcript : translate(kept.transcript, dialect)
    return yield* open(id, directory, { transcript, todo: kept.todo })
  })

  const provided = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provide(effect, context)

  return {
    initialize: Effect.fn("AcpAgent.initialize")(function*() {
      const response: Acp.InitializeResponse = {
        protocolVersion: 1,
        agentInfo: { name: "opentl", title: "OpenTL", version: "1" },
        agentCapabilities: {
          loadSession: true,
          promptCapabilities: { embeddedContext: true },
          sessionCapabilities: { resume: {} }
        },
        authMethods: []
      }
      return yield* Effect.succeed(response)
    }),
    newSession: Effect.fn("AcpAgent.newSession")(function*({ cwd }: Acp.NewSessionRequest) {
      const sessionId = yield* makeId
      const session = yield* open(sessionId, cwd, { transcript: [], todo: [] })
      yield* session.save
      return { sessionId, ...(yield* modesOf) }
    }, provided),
    resumeSession: Effect.fn("AcpAgent.resumeSession")(function*({ cwd, sessionId }: Acp.ResumeSessionRequest) {
      yield* takeUp(sessionId, cwd)
      return yield* modesOf
    }, provided),
    loadSession: Effect.fn("AcpAgent.loadSession")(function*({ cwd, sessionId }: Acp.LoadSessionRequest) {
      const session = yield* takeUp(sessionId, cwd)
      yield* session.replay
      return yield* modesOf
    }, provided),
    setMode: Effect.fn("AcpAgent.setMode")(function*({ modeId, sessionId }: Acp.SetSessionModeRequest) {
      yield* find(sessionId)
      if (modeId !== modes.ask && modeId !== modes.free) return yield* invalid(`there is no mode ${modeId}`)
      yield* Ref.update(free, (ids) => {
        const after = new Set(ids)
        if (modeId === modes.free) after.add(sessionId)
        else after.delete(sessionId)
        return after
      })
      return {}
    }),
    prompt: Effect.fn("AcpAgent.prompt")(function*({ prompt, sessionId }: Acp.PromptRequest) {
      const session = yield* find(sessionId)
      if (yield* session.isWorking) return yield* invalid("the session is at work on another prompt")
      const text = textOf(prompt)
      if (text.trim() === "") return yield* invalid("the prompt is empty")
      const outcome = yield* session.prompt(text)
      if (Option.isNone(outcome)) return { stopReason: "cancelled" } satisfies Acp.PromptResponse
      yield* Ref.update(outcomes, (all) => [...all, outcome.value])
      const { end, note } = outcome.value
      switch (end) {
        case "done":
          return { stopReason: "end_turn" } satisfies Acp.PromptResponse
        case "steps":
          yield* session.notice(note)
          return { stopReason: "max_turn_requests" } satisfies Acp.PromptResponse
        default:
          return yield* internal(note)
      }
    }, provided),
    cancel: ({ sessionId }: Acp.CancelNotification) =>
      Effect.ignore(Effect.flatMap(find(sessionId), (session) => session.cancel)),
    /** How the prompts ended that were worked on, the first one first. */
    outcomes: Ref.get(outcomes)
  }
})

export type AcpAgent = Effect.Effect.Success<ReturnType<typeof make>>
