/** The model's API outside, the gateway of a session, and a client inside. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { SessionId } from "../../../src/domain/Ids.ts"
import type { AppConfigShape } from "../../../src/services/config/AppConfig.ts"
import { EgressNetwork } from "../../../src/services/gateway/EgressNetwork.ts"
import { Gateway, type GatewayReport } from "../../../src/services/gateway/Gateway.ts"
import type { GiveMessages } from "../../../src/services/gateway/MessageRoute.ts"
import type { ModelScript } from "../../standins/model/ModelScript.ts"
import * as ModelStandIn from "../../standins/model/ModelStandIn.ts"
import { layerConfig } from "../../support/TestConfig.ts"

export const realKey = "sk-real-key"
export const dummyKey = "opentl-gateway"
export const sessionId = SessionId.make("0123456789ab")

/** A client inside the sandbox: whatever address it names, it comes to the socket. */
const makeClient = (socketPath: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Undici.Agent({ connect: { socketPath } })),
      (agent) => Effect.promise(() => agent.destroy())
    ),
    NodeHttpClient.makeUndici
  )

/** The API outside, the gateway of a session, and a client inside. */
export const setUp = Effect.fn("setUp")(function*(script: ModelScript, options: {
  readonly remainingUsd?: number
  readonly config?: Partial<AppConfigShape>
  readonly model?: string
  readonly giveMessages?: GiveMessages
  readonly round?: string
} = {}) {
  const fs = yield* FileSystem.FileSystem
  const api = yield* ModelStandIn.make(script, { expectedKey: realKey })
  const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "d-" })
  const apiKey = Option.some(Redacted.make(realKey))
  const layer = Gateway.layerWithoutNetwork.pipe(
    Layer.provide(Layer.mock(EgressNetwork, {})),
    Layer.provide(layerConfig({
      dataDir,
      anthropic: { apiKey, baseUrl: api.anthropicUrl },
      openai: { apiKey, baseUrl: api.openAiUrl },
      google: { apiKey, baseUrl: api.geminiUrl },
      ...options.config
    }))
  )
  const gateway = Context.get(yield* Layer.build(layer), Gateway)
  const reports = yield* Queue.unbounded<GatewayReport>()
  const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
  const refused = yield* Queue.unbounded<string>()
  const open = gateway.open({
    sessionId,
    remainingUsd: options.remainingUsd,
    ...(options.model === undefined ? {} : { model: options.model }),
    ...(options.giveMessages === undefined ? {} : { giveMessages: options.giveMessages }),
    ...(options.round === undefined ? {} : { round: options.round }),
    onRefused: (endpoint) => Queue.offer(refused, endpoint),
    onUsage: (report) => Queue.offer(reports, report)
  })
  const { directory, lastFailure } = yield* Effect.provide(
    Scope.extend(open, scope),
    Logger.remove(Logger.defaultLogger)
  )
  const client = yield* makeClient(`${directory}/gateway.sock`)
  const send = (request: HttpClientRequest.HttpClientRequest) =>
    client.execute(HttpClientRequest.prependUrl(request, "http://127.0.0.1"))
  const end = (exit: Exit.Exit<unknown, unknown>) => Scope.close(scope, exit)
  return { api, close: end(Exit.void), end, dataDir, directory, gateway, lastFailure, open, refused, reports, send }
})

export const post = (path: string, body: unknown) =>
  HttpClientRequest.post(path).pipe(
    HttpClientRequest.setHeaders({
      "x-api-key": dummyKey,
      "x-goog-api-key": dummyKey,
      authorization: `Bearer ${dummyKey}`,
      "anthropic-version": "2023-06-01",
      cookie: "a=b"
    }),
    HttpClientRequest.bodyText(JSON.stringify(body), "application/json")
  )

export const user = [{ role: "user", content: "hi" }]
export const messages = (stream: boolean) =>
  post("/anthropic/v1/messages?beta=true", { model: "claude-sonnet-4-5", max_tokens: 16, messages: user, stream })
export const chat = (stream: boolean) =>
  post("/openai/v1/chat/completions", {
    model: "gpt-5",
    messages: user,
    stream,
    ...(stream ? { stream_options: { include_usage: true } } : {})
  })
export const gemini = (stream: boolean, body: Readonly<Record<string, unknown>> = {}) =>
  post(
    `/google/v1beta/models/gemini-2.5-pro:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    { contents: [{ role: "user", parts: [{ text: "hi" }] }], ...body }
  )
export const responses = (stream: boolean) => post("/openai/v1/responses", { model: "gpt-5", input: "hi", stream })

export const tokens = { input: 1000, output: 200, cacheRead: 500, cacheWrite: 0 }

/** What these tokens cost on both models. */
export const costs = {
  "claude-sonnet-4-5": (1000 * 3 + 500 * 0.3 + 200 * 15) / 1e6,
  "gpt-5": (1000 * 1.25 + 500 * 0.125 + 200 * 10) / 1e6,
  "gemini-2.5-pro": (1000 * 1.25 + 500 * 0.125 + 200 * 10) / 1e6
}

export const answer = () => Effect.succeed(ModelStandIn.text("Hello there.", { usage: tokens }))

/** A test with real I/O, whose scope ends with it. */
export const itScoped = <A, E>(name: string, test: () => Effect.Effect<A, E, NodeContext.NodeContext | Scope.Scope>) =>
  it.scopedLive(name, () => Effect.asVoid(Effect.provide(test(), NodeContext.layer)))
