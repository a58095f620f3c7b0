/**
 * An agent in a process of its own. This side offers it no files and no terminal: it has its own, in the same sandbox. It is
 * never told no: the sandbox is what limits it.
 */
import {
  client,
  MessageTooLargeError,
  ndJsonStream,
  type PermissionOption,
  type SessionUpdate
} from "@agentclientprotocol/sdk"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { fill } from "../../src/domain/AgentLaunch.ts"
import { AcpConfig } from "./AcpConfig.ts"
import * as AgentProcess from "./AgentProcess.ts"
import { AgentStarter, type Connection, failureOf, of, RequestFailed, type Started } from "./Connection.ts"

/** Some agents send their last update after they have ended their turn. */
const lastUpdates = "150 millis"

/** How long an agent that is over may still be read from. */
const lastAnswers = "3 seconds"

/**
 * Whether an agent is there is seen by its process: what it has started may hold its streams open after its end.
 */
const whileItRuns = (connection: Connection, ended: Effect.Effect<string>): Connection => ({
  ...connection,
  request: (method, ask) =>
    Effect.raceFirst(
      connection.request(method, ask),
      Effect.flatMap(
        Effect.zipLeft(ended, Effect.sleep(lastAnswers)),
        (end) => new RequestFailed({ method, reason: `it ended with ${end}` })
      )
    )
})

/** Why a request failed: a line that is too long comes from the process itself, and is worth no second try. */
const processFailure = (method: string, error: unknown) =>
  error instanceof MessageTooLargeError
    ? new RequestFailed({
      method,
      reason: `it sent a line of more than ${error.maxMessageBytes} bytes, which is no message`,
      isGivenUp: true
    })
    : failureOf(method, error)

/** The widest permission that is offered. */
export const permit = (options: ReadonlyArray<PermissionOption>): string | undefined =>
  (options.find(({ kind }) => kind === "allow_always") ?? options.find(({ kind }) => kind === "allow_once"))?.optionId

/** Connects for the lifetime of the scope. */
const connect = (process: AgentProcess.AgentProcess, onUpdate: (update: SessionUpdate) => void) =>
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
  )

/** Starts what the launch says. */
export const layer = Layer.effect(
  AgentStarter,
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { directory, launch } = yield* AcpConfig
    return AgentStarter.of({
      start: Effect.fn("ProcessConnection.start")(function*(environment, onUpdate) {
        const filled = (text: string) => fill(text, (name) => environment[name])
        const [program, ...args] = launch.command
        const process = yield* AgentProcess.start({
          command: [filled(program), ...args.map(filled)],
          environment: {
            ...environment,
            ...Object.fromEntries(Object.entries(launch.environment).map(([name, value]) => [name, filled(value)]))
          },
          directory
        })
        const { agent } = yield* connect(process, onUpdate)
        const { ended, lastWords } = process
        return {
          connection: whileItRuns(of(agent, processFailure), ended),
          ended,
          lastWords,
          lastUpdates
        } satisfies Started
      }, Effect.provideService(FileSystem.FileSystem, fs))
    })
  })
)
