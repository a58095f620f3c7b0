/**
 * The connection to an agent over the Agent Client Protocol: to a process of its own (`ProcessConnection`), or to the built-in
 * agent in this one (`sandbox/agent/InProcess`).
 */
import type {
  AgentNotificationParamsByMethod,
  AgentRequestParamsByMethod,
  AgentRequestResponsesByMethod,
  SessionUpdate
} from "@agentclientprotocol/sdk"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { AgentNotStarted } from "./AgentProcess.ts"

/** The agent refused a request, or ended before it had answered. */
export class RequestFailed extends Schema.TaggedError<RequestFailed>()("RequestFailed", {
  method: Schema.String,
  reason: Schema.String,
  /** This side gave the connection up: how the agent ended after that explains nothing. */
  isGivenUp: Schema.optionalWith(Schema.Boolean, { default: () => false })
}) {
  override get message() {
    return `${this.method}: ${this.reason}`
  }
}

/** What the host asks of an agent. */
export type Method =
  | "initialize"
  | "session/load"
  | "session/new"
  | "session/prompt"
  | "session/resume"
  | "session/set_mode"

/** An agent, as far as the host uses the protocol. */
export interface Agent {
  readonly request: <M extends Method>(
    method: M,
    params: AgentRequestParamsByMethod[M]
  ) => Promise<AgentRequestResponsesByMethod[M]>
  readonly notify: <M extends "session/cancel">(method: M, params: AgentNotificationParamsByMethod[M]) => Promise<void>
}

export interface Connection {
  /** A request, interrupted without the agent being told. */
  readonly request: <A>(
    method: string,
    ask: (agent: Agent, signal: AbortSignal) => Promise<A>
  ) => Effect.Effect<A, RequestFailed>
  readonly notify: (tell: (agent: Agent) => Promise<void>) => Effect.Effect<void>
}

/** An agent that was started for a round. */
export interface Started {
  readonly connection: Connection
  /** Its process is over; how, as a sentence's end: "exit code 1". */
  readonly ended: Effect.Effect<string>
  /** The last that it wrote to stderr. */
  readonly lastWords: Effect.Effect<string>
  /** How long after the end of its turn it may still send updates. */
  readonly lastUpdates: Duration.DurationInput
}

/** How the agent of a round is started. */
export class AgentStarter extends Context.Tag("opentl/acp/Connection/AgentStarter")<AgentStarter, {
  /** Starts it for the lifetime of the scope. `onUpdate` is called in the order of arrival. */
  readonly start: (
    environment: Readonly<Record<string, string>>,
    onUpdate: (update: SessionUpdate) => void
  ) => Effect.Effect<Started, AgentNotStarted, Scope.Scope>
}>() {}

const longestReason = 600

const isText = (value: unknown): value is string => typeof value === "string" && value !== ""

/** What an error says, with the detail that agents put beside a message like "Internal error". */
const reasonOf = (error: unknown): string => {
  const message = Predicate.hasProperty(error, "message") ? String(error.message) : String(error)
  const data = Predicate.hasProperty(error, "data") ? error.data : undefined
  const detail = isText(data)
    ? data
    : ["details", "message", "error"].flatMap((name) =>
      Predicate.hasProperty(data, name) && isText(data[name]) ? [data[name]] : []
    )[0]
  const whole = detail === undefined || message.includes(detail) ? message : `${message}: ${detail}`
  return whole.replace(/^Internal error: /, "").slice(0, longestReason)
}

/** A request that was refused, or lost. */
export const failureOf = (method: string, error: unknown) => new RequestFailed({ method, reason: reasonOf(error) })

/** An answer, which the agent may have filled with anything. */
export const answer =
  <A, I>(method: string, schema: Schema.Schema<A, I>) =>
  <E>(request: Effect.Effect<unknown, E>): Effect.Effect<A, E | RequestFailed> =>
    Effect.flatMap(request, (value) =>
      Effect.mapError(
        Schema.decodeUnknown(schema)(value),
        () => new RequestFailed({ method, reason: `its answer to ${method} is none of the protocol's` })
      ))

/** The connection to an agent whose requests are made. `failed` tells what it means where one is rejected. */
export const of = (agent: Agent, failed = failureOf): Connection => ({
  request: (method, ask) =>
    Effect.tryPromise({
      try: (signal) => ask(agent, signal),
      catch: (error) => failed(method, error)
    }),
  notify: (tell) => Effect.ignore(Effect.tryPromise(() => tell(agent)))
})
