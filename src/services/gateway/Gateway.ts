/**
 * The only way out of a sandbox: one unix socket per session. Behind it are a reverse proxy to the model's API, which
 * adds the real key and counts tokens, and a CONNECT proxy, which admits only the package registries. Possession of the
 * socket is the authentication.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { DayAccount } from "../../domain/DayAccount.ts"
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
import * as MessageRoute from "./MessageRoute.ts"
import * as ModelProxy from "./ModelProxy.ts"
import { OpenCalls } from "./OpenCalls.ts"
import * as Payer from "./Payer.ts"
import * as RoundRecord from "./RoundRecord.ts"

export { type GatewayReport, UsageNotRecorded } from "./Payer.ts"

export class GatewayError extends Schema.TaggedError<GatewayError>()("GatewayError", { reason: Schema.String }) {
  override get message() {
    return `the sandbox's gateway could not be opened: ${this.reason}`
  }
}

export interface GatewayRequest {
  readonly sessionId: SessionId
  /** What the session may still spend, in US dollars; unlimited if absent. */
  readonly remainingUsd: number | undefined
  /** The records of running calls that are in the log already: `SessionState.countedCalls`. */
  readonly counted?: ReadonlyArray<string> | undefined
  /** The account of all sessions, if there is one: each call is let out by that, too. */
  readonly day?: DayAccount | undefined
  /** The model that the agent works with, if it is known. */
  readonly model?: string
  /** Domains that the session's sandbox may reach besides the configured ones. */
  readonly egress?: ReadonlyArray<string>
  /** What the host of an agent gets when it asks for messages to it; nothing if absent. */
  readonly giveMessages?: MessageRoute.GiveMessages
  /** Which round of the session it is for: what was known of it when an earlier server ended is known again. */
  readonly round?: string
  /** Called for the endpoints that were refused, once each and no more than some of a round. */
  readonly onRefused?: (endpoint: string) => Effect.Effect<void>
  /** Called once for each call that cost something, sequentially. Where it fails, the call is left to who opens it next. */
  readonly onUsage: (report: Payer.GatewayReport) => Effect.Effect<void, Payer.UsageNotRecorded>
}

export interface OpenGateway {
  /** The host directory that contains `gateway.sock`. */
  readonly directory: string
  /**
   * Why the last model call with tools failed: what the provider said, or the gateway. None if it succeeded, or there was
   * none in this round.
   */
  readonly lastFailure: Effect.Effect<Option.Option<string>>
}

export class Gateway extends Context.Tag("opentl/services/gateway/Gateway")<Gateway, {
  /**
   * Opens the session's gateway for the lifetime of the scope.
   *
   * With `remainingUsd`, the calls together spend at most that plus one response: a call goes out only if what is
   * spent, what running calls may still cost and the most that it may cost itself stay within the budget; otherwise it
   * waits, and is refused (402) when nothing is left. A model of unknown price, and anything not billed by tokens, is
   * refused (400). Calls that a killed server left running are counted first, as far as they may have got.
   *
   * With `day`, each call is let out by that account, too.
   *
   * `onUsage` is called for every call that got a response or was abandoned after it had gone out, with the provider's
   * counts, or with an estimate if the provider did not report them. Closing the scope waits for it.
   *
   * Fails with `GatewayError` if the socket cannot be created.
   */
  readonly open: (request: GatewayRequest) => Effect.Effect<OpenGateway, GatewayError, Scope.Scope>
  /** The directory of the session's gateway, created if necessary, for a sandbox that is prepared before it is open. */
  readonly directoryOf: (session: SessionId) => Effect.Effect<string, GatewayError>
}>() {
  /** The network is left open. */
  static readonly layerWithoutNetwork = Layer.scoped(Gateway, Effect.suspend(() => make)).pipe(
    Layer.provide(Layer.mergeAll(ModelPrices.layer, BackgroundTasks.layer, OpenCalls.layer))
  )

  /** Uses this host's network. Fails if HTTPS_PROXY is not a URL. */
  static readonly layer = this.layerWithoutNetwork.pipe(Layer.provide(EgressNetwork.layer))
}

/** The limits of one session. */
const connections: GatewayServer.Options = {
  maxConnections: 256,
  // longer than the connection pools of common clients
  keepAliveMillis: 75_000
}

/** The most CONNECT tunnels of one session at once: the rest of the connections is for the model's API. */
const maxTunnels = 128

const onlyConnect = GatewayServer.text(
  403,
  "text/plain",
  "Plain HTTP is not allowed: use HTTPS, by CONNECT.\n"
)

type Failure =
  | PlatformError
  | SandboxUnavailable
  | GatewayDirectory.GatewayDirectoryTaken
  | GatewayServer.ConnectionError
  | Payer.UsageNotRecorded

const failed = (error: Failure) => new GatewayError({ reason: error.message })

const noMessages: MessageRoute.GiveMessages = () => Effect.succeed([])

const make = Effect.gen(function*() {
  const config = yield* AppConfig
  const models = yield* ModelProxy.make
  const network = yield* EgressNetwork
  const calls = yield* OpenCalls
  const fs = yield* FileSystem.FileSystem
  const files = Context.make(FileSystem.FileSystem, fs).pipe(Context.add(Path.Path, yield* Path.Path))

  const open = Effect.fn("Gateway.open")(
    function*(request: GatewayRequest) {
      const { counted, day, giveMessages = noMessages, onUsage, remainingUsd, sessionId } = request
      const { directory, socket } = yield* GatewayDirectory.prepare(config.dataDir, sessionId)
      const openCalls = yield* calls.open(sessionId)
      const payer = yield* Payer.make({ session: sessionId, remainingUsd, onUsage, openCalls, counted, day })
      const { model, onRefused = () => Effect.void, round } = request
      const connect = yield* EgressProxy.make(EgressPolicy.make(config, request.egress)).pipe(
        Effect.provideService(EgressNetwork, network)
      )
      const record = yield* RoundRecord.make({ dataDir: config.dataDir, session: sessionId, round, model })
      yield* GatewayServer.serve(socket, {
        request: (request) =>
          MessageRoute.isFor(request.url)
            ? MessageRoute.serve(request, giveMessages)
            : request.url.startsWith("/")
            ? models(request, { payer, record, onRefused })
            : Effect.succeed(onlyConnect),
        connect: yield* EgressProxy.atMost(maxTunnels, connect)
      }, connections)
      yield* Effect.addFinalizer(() => record.close)
      yield* fs.chmod(socket, 0o666)
      return {
        directory,
        lastFailure: record.failure
      }
    },
    Effect.mapError(failed),
    Effect.provide(files),
    (effect, request) => Effect.annotateLogs(effect, { sessionId: request.sessionId })
  )

  const directoryOf = Effect.fn("Gateway.directoryOf")(
    (session: SessionId) => Effect.map(GatewayDirectory.create(config.dataDir, session), ({ directory }) => directory),
    Effect.mapError(failed),
    Effect.provide(files)
  )

  return Gateway.of({ open, directoryOf })
})
