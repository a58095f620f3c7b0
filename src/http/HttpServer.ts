/** The assembled HTTP edge: the routes for another server, and this program's server. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import type * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpServer from "@effect/platform/HttpServer"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { Sessions } from "../actors/sessions/Sessions.ts"
import type { Agents } from "../services/agents/Agents.ts"
import type { ApiTokens } from "../services/config/ApiTokens.ts"
import { AppConfig } from "../services/config/AppConfig.ts"
import type { EventFeeds } from "../services/store/EventFeeds.ts"
import * as AgentsHttp from "./AgentsHttp.ts"
import { Api } from "./Api.ts"
import * as ApiErrors from "./ApiErrors.ts"
import { Authorization } from "./Authorization.ts"
import * as DirectRoutes from "./DirectRoutes.ts"
import * as Docs from "./Docs.ts"
import * as EventsHttp from "./EventsHttp.ts"
import * as Guards from "./Guards.ts"
import * as NodeServer from "./NodeServer.ts"
import * as Pipeline from "./Pipeline.ts"
import type { HealthChecks } from "./Ready.ts"
import * as Routes from "./Routes.ts"
import * as SessionsHttp from "./SessionsHttp.ts"
import * as SystemHttp from "./SystemHttp.ts"
import * as WebhooksHttp from "./WebhooksHttp.ts"

/** The URL at which this machine reaches a server that listens on this address. */
export const urlOf = (address: HttpServer.Address): string => {
  if (address._tag === "UnixAddress") return HttpServer.formatAddress(address)
  const { hostname, port } = address
  const name = hostname === "0.0.0.0" ? "127.0.0.1" : hostname.includes(":") ? `[${hostname}]` : hostname
  return `http://${name}:${port}`
}

type Needs = Agents | Sessions | EventFeeds | AppConfig | ApiTokens | HealthChecks

/** The whole API with its handlers. */
export const layerApi: Layer.Layer<HttpApi.Api, never, Needs> = HttpApiBuilder.api(Api).pipe(
  Layer.provide(
    Layer.mergeAll(SessionsHttp.layer, EventsHttp.layer, WebhooksHttp.layer, AgentsHttp.layer, SystemHttp.layer)
  ),
  Layer.provide(Authorization.layer),
  Layer.provide(ApiErrors.layer)
)

const options = Effect.gen(function*() {
  const { address, allowedHosts, github } = yield* AppConfig
  const server = yield* HttpServer.HttpServer
  // with port 0 the system chose one
  const port = server.address._tag === "TcpAddress" ? server.address.port : address.port
  return {
    isOwnHost: Guards.ownHosts({ host: address.host, port }, allowedHosts),
    hidden: new Set(Option.isNone(github.webhookSecret) ? [Routes.webhook] : [])
  }
})

/** Serves until its scope closes, then drains the server while running requests can still be answered. */
const serve = Effect.gen(function*() {
  const app = yield* HttpApiBuilder.httpApp
  const isUntraced = (yield* Effect.tracer) === Context.get(DefaultServices.liveServices, Tracer.Tracer)
  const direct = isUntraced ? yield* DirectRoutes.make : DirectRoutes.none
  const pipeline = Pipeline.make({ ...(yield* options), direct })
  yield* HttpServer.serveEffect(pipeline(app)).pipe(
    // a span of every request, with all its headers, and those within it are made in vain where nobody collects them
    HttpMiddleware.withTracerDisabledWhenEffect(() => isUntraced),
    isUntraced ? Effect.withTracerEnabled(false) : identity
  )
  const drain = yield* NodeServer.Drain
  yield* Effect.addFinalizer(() => drain)
})

/** Serves on an existing server. */
export const layerServe: Layer.Layer<never, never, Needs | HttpServer.HttpServer | NodeServer.Drain> = Layer
  .scopedDiscard(serve).pipe(
    Layer.provide(Docs.layer),
    Layer.provide(layerApi),
    Layer.provide([HttpApiBuilder.Router.Live, HttpApiBuilder.Middleware.layer]),
    Layer.provide(NodeHttpServer.layerContext)
  )

/**
 * This program's server: listens on `OPENTL_ADDR` for the lifetime of the layer. On release it stops accepting, its
 * event streams end, running requests get five seconds, and only then is what it serves released.
 *
 * Provides the `HttpServer`, for its address.
 */
export const HttpLive: Layer.Layer<HttpServer.HttpServer, NodeServer.ListenFailed, Needs> = layerServe.pipe(
  Layer.provideMerge(NodeServer.layer)
)
