/**
 * The only way out of a sandbox: one unix socket a session, and behind it a reverse proxy to the model's API that puts
 * the real key in and counts tokens, and a CONNECT proxy that lets only the package registries through.
 * Possession of the socket is the authentication.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { SessionId } from "../../domain/Ids.ts"
import type { Usage } from "../../domain/Usage.ts"
import { AppConfig } from "../config/AppConfig.ts"
import * as ModelPrices from "../model/ModelPrices.ts"
import type { SandboxUnavailable } from "../sandbox/Sandbox.ts"
import { EgressNetwork } from "./EgressNetwork.ts"
import * as EgressPolicy from "./EgressPolicy.ts"
import * as EgressProxy from "./EgressProxy.ts"
import * as GatewayDirectory from "./GatewayDirectory.ts"
import * as GatewayServer from "./GatewayServer.ts"
import * as ModelProxy from "./ModelProxy.ts"

export class GatewayError extends Schema.TaggedError<GatewayError>()("GatewayError", { reason: Schema.String }) {
  override get message() {
    return `the sandbox's gateway could not be opened: ${this.reason}`
  }
}

export interface GatewayReport {
  readonly model: string
  readonly usage: Usage
}

export interface GatewayRequest {
  readonly sessionId: SessionId
  /** What the session may still spend, in US dollars; unlimited where absent. */
  readonly remainingUsd: number | undefined
  /** Called once for each answered model call, in order. */
  readonly onUsage: (report: GatewayReport) => Effect.Effect<void>
}

export class Gateway extends Context.Tag("opentl/services/gateway/Gateway")<Gateway, {
  /** Opens the session's gateway for as long as the scope; answers the host directory that holds `gateway.sock`. */
  readonly open: (request: GatewayRequest) => Effect.Effect<{ readonly directory: string }, GatewayError, Scope.Scope>
}>() {
  /** On a network of one's own. */
  static readonly layerWithoutNetwork = Layer.scoped(Gateway, Effect.suspend(() => make))

  /** On the network of this host. Fails where HTTPS_PROXY is no URL. */
  static readonly layer = this.layerWithoutNetwork.pipe(Layer.provide(EgressNetwork.layer))
}

/** Connections of one session at once; more are refused. */
const maxConnections = 256

/** For connections without a request: longer than the pools of the usual clients keep them. */
const keepAlive = Duration.seconds(75)

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
  const fs = yield* FileSystem.FileSystem
  const files = Context.make(FileSystem.FileSystem, fs).pipe(Context.add(Path.Path, yield* Path.Path))

  /** What the session has spent, and whoever wants to know it, one call after the other. */
  const accountOf = Effect.fnUntraced(function*({ onUsage, remainingUsd }: GatewayRequest) {
    const spent = yield* Ref.make(0)
    const turn = yield* Effect.makeSemaphore(1)
    return {
      isExhausted: Effect.map(Ref.get(spent), (spent) => remainingUsd !== undefined && spent >= remainingUsd),
      record: (model: string, tokens: ModelPrices.Tokens) => {
        const usage = ModelPrices.usage(model, tokens)
        return turn.withPermits(1)(
          Effect.andThen(Ref.update(spent, (before) => before + usage.costUsd), onUsage({ model, usage }))
        )
      }
    } satisfies ModelProxy.Account
  })

  const open = Effect.fn("Gateway.open")(
    function*(request: GatewayRequest) {
      const { directory, socket } = yield* GatewayDirectory.prepare(config.dataDir, request.sessionId)
      const account = yield* accountOf(request)
      yield* GatewayServer.serve(socket, {
        request: (request) => request.url.startsWith("/") ? models(request, account) : Effect.succeed(onlyConnect),
        connect
      }, { maxConnections, keepAliveMillis: Duration.toMillis(keepAlive) })
      yield* fs.chmod(socket, 0o666)
      return { directory }
    },
    Effect.mapError(failed),
    Effect.provide(files),
    (effect, request) => Effect.annotateLogs(effect, { sessionId: request.sessionId })
  )

  return Gateway.of({ open })
})
