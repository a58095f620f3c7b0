/**
 * The only way out of a sandbox: one unix socket a session, and behind it a reverse proxy to the model's API that puts
 * the real key in and counts tokens, and a CONNECT proxy that lets only the package registries through.
 * Possession of the socket is the authentication.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Path from "@effect/platform/Path"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { createServer } from "node:http"
import type { SessionId } from "../domain/Ids.ts"
import type { Usage } from "../domain/Usage.ts"
import { AppConfig } from "./AppConfig.ts"
import { EgressNetwork } from "./EgressNetwork.ts"
import * as EgressPolicy from "./EgressPolicy.ts"
import * as EgressProxy from "./EgressProxy.ts"
import * as GatewayDirectory from "./GatewayDirectory.ts"
import * as ModelPrices from "./ModelPrices.ts"
import * as ModelProxy from "./ModelProxy.ts"
import type { SandboxUnavailable } from "./Sandbox.ts"

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

export class Gateway extends Context.Tag("opentl/services/Gateway")<Gateway, {
  /** Opens the session's gateway for as long as the scope; answers the host directory that holds `gateway.sock`. */
  readonly open: (request: GatewayRequest) => Effect.Effect<{ readonly directory: string }, GatewayError, Scope.Scope>
}>() {
  /** On a network of one's own. */
  static readonly layerWithoutNetwork = Layer.scoped(Gateway, Effect.suspend(() => make))

  /** On the network of this host. Fails where HTTPS_PROXY is no URL. */
  static readonly layer = this.layerWithoutNetwork.pipe(Layer.provide(EgressNetwork.layer))
}

/** Requests of one session that are served at once; more wait. */
const concurrency = 64

/** For connections without a request: longer than the pools of the usual clients keep them. */
const keepAlive = Duration.seconds(75)

/** Connections of one session at once; more are refused. */
const maxConnections = 256

const onlyConnect = HttpServerResponse.text("Plain HTTP is not let through: use HTTPS, by CONNECT.\n", { status: 403 })

const failed = (
  error: PlatformError | HttpServerError.ServeError | SandboxUnavailable | GatewayDirectory.GatewayDirectoryTaken
) => new GatewayError({ reason: error._tag === "ServeError" ? String(error.cause) : error.message })

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
      const places = yield* Effect.makeSemaphore(concurrency)

      const node = createServer({ keepAliveTimeout: Duration.toMillis(keepAlive) })
      node.maxConnections = maxConnections
      const server = yield* NodeHttpServer.make(() => node, { path: socket })
      yield* fs.chmod(socket, 0o666)
      const runFork = yield* FiberSet.makeRuntime<never>()
      node.on("connect", (request, client, head) => {
        runFork(connect(request, client, head))
      })
      // nobody comes in any more, whoever is in is cut off, and each of their calls has been recorded before this ends
      const shutDown = Effect.sync(() => {
        node.close()
        node.closeAllConnections()
      })
      yield* Effect.addFinalizer(() => Effect.andThen(shutDown, places.take(concurrency)))
      yield* server.serve(Effect.gen(function*() {
        const { originalUrl } = yield* HttpServerRequest.HttpServerRequest
        yield* Effect.acquireRelease(Effect.interruptible(places.take(1)), () => places.release(1))
        return originalUrl.startsWith("/") ? yield* models(account) : onlyConnect
      }))
      return { directory }
    },
    Effect.mapError(failed),
    Effect.provide(files),
    (effect, request) => Effect.annotateLogs(effect, { sessionId: request.sessionId })
  )

  return Gateway.of({ open })
})
