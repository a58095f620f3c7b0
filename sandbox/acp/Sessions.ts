/** The agent's own session for a round: the one of the rounds before, if it can be continued, else a new one. */
import type { NewSessionRequest } from "@agentclientprotocol/sdk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { AgentLaunch, Continuation } from "../../src/domain/AgentLaunch.ts"
import { answer, type Connection, RequestFailed } from "./Connection.ts"

/** How long an agent may take to begin, and to find a session again. */
const longestStart = "3 minutes"

export interface Opened {
  readonly sessionId: string
  /** Whether it is the session of the rounds before. */
  readonly isContinued: boolean
  /** Why it is not, where there was one. */
  readonly lost?: string
}

/** Initialised and opened in the repository; no server of tools is offered. */
const here = (directory: string): NewSessionRequest => ({ cwd: directory, mcpServers: [] })

const timely = (method: string) => <A>(request: Effect.Effect<A, RequestFailed>) =>
  Effect.timeoutFail(request, {
    duration: longestStart,
    onTimeout: () => new RequestFailed({ method, reason: `no answer within ${longestStart}` })
  })

const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { nullable: true })

/** What an agent says it can do, as far as it matters here. */
const Initialized = Schema.Struct({
  agentCapabilities: maybe(Schema.Struct({
    loadSession: maybe(Schema.Boolean),
    sessionCapabilities: maybe(Schema.Struct({ resume: maybe(Schema.Unknown) }))
  }))
})

const NewSession = Schema.Struct({ sessionId: Schema.NonEmptyString })

/** The ways to continue that work for this agent, and that it says it has. */
export const waysOf = (
  { continues }: Pick<AgentLaunch, "continues">,
  { agentCapabilities: can }: typeof Initialized.Type
): ReadonlyArray<Continuation> =>
  continues.filter((way) => way === "load" ? can?.loadSession === true : can?.sessionCapabilities?.resume != null)

/** Opens the protocol. */
export const initialize = ({ request }: Connection) =>
  request("initialize", (agent) =>
    agent.request("initialize", {
      protocolVersion: 1,
      clientInfo: { name: "opentl", version: "1" },
      clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false }
    })).pipe(timely("initialize"), answer("initialize", Initialized))

const resume = ({ request }: Connection, way: Continuation, sessionId: string, directory: string) => {
  const params = { ...here(directory), sessionId }
  return way === "resume"
    ? request("session/resume", (agent) => agent.request("session/resume", params)).pipe(timely("session/resume"))
    : request("session/load", (agent) => agent.request("session/load", params)).pipe(timely("session/load"))
}

const open = ({ request }: Connection, directory: string) =>
  request("session/new", (agent) => agent.request("session/new", here(directory))).pipe(
    timely("session/new"),
    answer("session/new", NewSession)
  )

/** Continues the session of the rounds before by the first way that works, else opens a new one. */
export const find = Effect.fn("Sessions.find")(function*(
  connection: Connection,
  ways: ReadonlyArray<Continuation>,
  before: string | undefined,
  directory: string
): Effect.fn.Return<Opened, RequestFailed> {
  let lost = before === undefined ? undefined : "it cannot continue a session"
  if (before !== undefined) {
    for (const way of ways) {
      const tried = yield* Effect.either(resume(connection, way, before, directory))
      if (Either.isRight(tried)) return { sessionId: before, isContinued: true }
      lost = tried.left.message
    }
  }
  const { sessionId } = yield* open(connection, directory)
  return { sessionId, isContinued: false, ...(lost === undefined ? {} : { lost }) }
})
