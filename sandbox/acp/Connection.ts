/**
 * The connection to an agent over the Agent Client Protocol. This side offers it no files and no terminal: it has its own,
 * in the same sandbox. It is never told no: the sandbox is what limits it.
 */
import {
  client,
  type ClientContext,
  ndJsonStream,
  type PermissionOption,
  type SessionUpdate
} from "@agentclientprotocol/sdk"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { AgentProcess } from "./AgentProcess.ts"

/** The agent refused a request, or ended before it had answered. */
export class RequestFailed extends Schema.TaggedError<RequestFailed>()("RequestFailed", {
  method: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.method}: ${this.reason}`
  }
}

export interface Connection {
  /** A request, interrupted without the agent being told. */
  readonly request: <A>(
    method: string,
    ask: (agent: ClientContext, signal: AbortSignal) => Promise<A>
  ) => Effect.Effect<A, RequestFailed>
  readonly notify: (tell: (agent: ClientContext) => Promise<void>) => Effect.Effect<void>
}

/** The widest permission that is offered. */
export const permit = (options: ReadonlyArray<PermissionOption>): string | undefined =>
  (options.find(({ kind }) => kind === "allow_always") ?? options.find(({ kind }) => kind === "allow_once"))?.optionId

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

/** Connects for the lifetime of the scope. `onUpdate` is called in the order of arrival. */
export const make = (process: AgentProcess, onUpdate: (update: SessionUpdate) => void) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      client({ name: "opentl" })
        .onNotification("session/update", ({ params }) => onUpdate(params.update))
        .onRequest("session/request_permission", ({ params }) => {
          const optionId = permit(params.options)
          return { outcome: optionId === undefined ? { outcome: "cancelled" } : { outcome: "selected", optionId } }
        })
        .onRequest("elicitation/create", () => ({ action: "cancel" }))
        .connect(ndJsonStream(process.input, process.output))
    ),
    (connection) => Effect.sync(() => connection.close())
  ).pipe(Effect.map(({ agent }): Connection => {
    const request: Connection["request"] = (method, ask) =>
      Effect.tryPromise({
        try: (signal) => ask(agent, signal),
        catch: (error) => new RequestFailed({ method, reason: reasonOf(error) })
      })
    return {
      request,
      notify: (tell) => Effect.ignore(Effect.tryPromise(() => tell(agent)))
    }
  }))
