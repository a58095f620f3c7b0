/**
 * The only way out of a sandbox: one unix socket a session, and behind it a reverse proxy to the model's API that puts
 * the real key in and counts tokens, and a CONNECT proxy that lets only the package registries through.
 * Possession of the socket is the authentication.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { SessionId } from "../../domain/Ids.ts"
import { AppConfig } from "../config/AppConfig.ts"
import { ModelPrices } from "../model/ModelPrices.ts"
import type { SandboxUnavailable } from "../sandbox/Sandbox.ts"
import { BackgroundTasks } from "../support/BackgroundTasks.ts"
import { EgressNetwork } from "./EgressNetwork.ts"
import * as EgressPolicy from "./EgressPolicy.ts"
import * as EgressProxy from "./EgressProxy.ts"
import * as GatewayDirectory from "./GatewayDirectory.ts"
import * as GatewayServer from "./GatewayServer.ts"
import * as ModelProxy from "./ModelProxy.ts"
import * as OpenCalls from "./OpenCalls.ts"
import * as Payer from "./Payer.ts"

export type { GatewayReport } from "./Payer.ts"

export class GatewayError extends Schema.TaggedError<GatewayError>()("GatewayError", { reason: Schema.String }) {
  override get message() {
    return `the sandbox's gateway could not be opened: ${this.reason}`
  }
}

export interface GatewayRequest {
  readonly sessionId: SessionId
  /** What the session may still spend, in US dollars; unlimited where absent. */
  readonly remainingUsd: number | undefined
  /** Called once for each call that has cost something, one after the other. */
  readonly onUsage: (report: Payer.GatewayReport) => Effect.Effect<void>
}

export interface OpenGateway {
  /** The host directory that holds `gateway.sock`. */
  readonly directory: string
  /** Whether the budget is used up, so that calls are refused. */
  readonly isExhausted: Effect.Effect<boolean>
}

export class Gateway extends Context.Tag("opentl/services/gateway/Gateway")<Gateway, {
  /**
   * Opens the session's gateway for as long as the scope.
   *
   * With `remainingUsd` the calls together spend no more than that and one answer: a call goes out only if what was
   * spent, what others may still cost and the most that it may cost stay within it; else it waits, and when nothing is
   * left it is refused (402). A model of unknown price, and what is billed otherwise than by tokens, is refused (400).
   * Calls that a killed server left under way are counted first, as far as they may have come.
   *
   * `onUsage` is told of every call that got a reply, or was given up after it had gone out: with the provider's counts,
   * or with an estimate where the provider did not say them. Closing the scope waits for it.
   *
   * Fails with `GatewayError` where the socket cannot be made.
   */
  readonly open: (request: GatewayRequest) => Effect.Effect<OpenGateway, GatewayError, Scope.Scope>
}>() {
  /** On a network of one's own. */
  static readonly layerWithoutNetwork = Layer.scoped(Gateway, Effect.suspend(() => make)).pipe(
    Layer.provide(Layer.merge(ModelPrices.layer, BackgroundTasks.layer))
  )

  /** On the network of this host. Fails where HTTPS_PROXY is no URL. */
  static readonly layer = this.layerWithoutNetwork.pipe(Layer.provide(EgressNetwork.layer))
}

/** Of one session. */
const connections: GatewayServer.Options = {
  maxConnections: 256,
  // longer than the pools of the usual clients keep them
  keepAliveMillis: 75_000
}

/** CONNECT tunnels of one session at once: the model's API keeps the rest of the connections. */
const maxTunnels = 128

const onlyConnect = GatewayServer.text(
  403,
  "text/plain",
  "Plain HTTP is not let through: use HTTPS, by CONNECT.\n"
)

type Failure =
  | PlatformError
  | SandboxUnavailable
  | GatewayDirectory.GatewayDirectoryTaken
  | GatewayServer.ConnectionError

const failed = (error: Failure) => new GatewayError({ reason: error.message })

const make = Effect.gen(function*() {
  const config = yield* AppConfig
  const models = yield* ModelProxy.make
  const connect = yield* EgressProxy.make(EgressPolicy.make(config))
  const openCallsOf = yield* OpenCalls.make(config.dataDir)
  const fs = yield* FileSystem.FileSystem
  const files = Context.make(FileSystem.FileSystem, fs).pipe(Context.add(Path.Path, yield* Path.Path))

  const open = Effect.fn("Gateway.open")(
    function*(request: GatewayRequest) {
      const { onUsage, remainingUsd, sessionId } = request
      const { directory, socket } = yield* GatewayDirectory.prepare(config.dataDir, sessionId)
      const openCalls = yield* openCallsOf(sessionId)
      const payer = yield* Payer.make({ session: sessionId, remainingUsd, onUsage, openCalls })
      yield* GatewayServer.serve(socket, {
        request: (request) => request.url.startsWith("/") ? models(request, payer) : Effect.succeed(onlyConnect),
        connect: yield* EgressProxy.atMost(maxTunnels, connect)
      }, connections)
      yield* fs.chmod(socket, 0o666)
      return { directory, isExhausted: payer.isExhausted }
    },
    Effect.mapError(failed),
    Effect.provide(files),
    (effect, request) => Effect.annotateLogs(effect, { sessionId: request.sessionId })
  )

  return Gateway.of({ open })
})
