/**
 * The host of an agent that speaks the Agent Client Protocol, configured by environment variables. It runs beside the agent: the protocol cannot be picked up again by a server that was restarted,
 * while what this program prints is in the container's log.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as FileSystem from "@effect/platform/FileSystem"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NodePlatform from "../NodePlatform.ts"
import { AcpConfig } from "./AcpConfig.ts"
import * as HostEnd from "./HostEnd.ts"
import * as HostStart from "./HostStart.ts"
import { Printer } from "./Printer.ts"
import * as ProcessConnection from "./ProcessConnection.ts"
import * as Round from "./Round.ts"

/** Variables and their values, now. */
const environment = Effect.sync(() =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => value === undefined ? [] : [[name, value]])
  )
)

const HostLive = Layer.mergeAll(Printer.layerTo(() => process.stdout), ProcessConnection.layer).pipe(
  Layer.provideMerge(AcpConfig.layer),
  Layer.provideMerge(Layer.merge(NodePlatform.layer, FetchHttpClient.layer))
)

const sentence = (error: { readonly message: string }) =>
  ConfigError.isConfigError(error) ? String(error) : error.message

const program = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const printer = yield* Printer
  const { answerFile, launch } = yield* AcpConfig
  return yield* Effect.flatMap(environment, Round.run).pipe(
    // a fault of this program is the round's, and what is known of it must not look like the agent's output
    Effect.catchAllDefect((defect) => new Round.RoundFailed({ reason: `its host failed: ${String(defect)}` })),
    Effect.as(0),
    Effect.catchAll((error) => {
      const text = `${launch.agent} failed: ${sentence(error)}`
      return Effect.zipRight(
        Effect.ignore(printer.error(text)),
        Effect.as(Effect.ignore(fs.writeFileString(answerFile, `${text}\n`)), 1)
      )
    })
  )
})

// a stop may reach this program twice, by itself and with its group: the first asks the agent to stop, the second must not end it
process.on("SIGTERM", () => {})

HostStart.awaited.pipe(
  Effect.zipRight(Effect.provide(program, HostLive)),
  Effect.flatMap((code) =>
    Effect.sync(() => {
      process.exitCode = code
    })
  ),
  NodeRuntime.runMain({ teardown: HostEnd.teardown(process, HostStart.codeDescriptor) })
)
