/**
 * The reverse proxy to the models' APIs: the agent in the sandbox sends a dummy key, and the real one is added here.
 * Bodies stream through both ways at the reader's pace; a reply is counted as it passes.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { AppConfig } from "../config/AppConfig.ts"
import { keyNames } from "../model/ModelChoice.ts"
import { ModelPrices } from "../model/ModelPrices.ts"
import * as BodyMemory from "./BodyMemory.ts"
import type * as CallRequest from "./CallRequest.ts"
import * as GatewayServer from "./GatewayServer.ts"
import * as HostProxy from "./HostProxy.ts"
import * as ModelCall from "./ModelCall.ts"
import * as ModelProxyBody from "./ModelProxyBody.ts"
import * as Routes from "./ModelProxyRoutes.ts"
import * as Refusals from "./ModelRefusals.ts"
import type { Payer } from "./Payer.ts"
import type { RoundRecord } from "./RoundRecord.ts"

const unreachable = "The model's API cannot be reached."

/** The most bytes of request bodies held at a time, for all sessions and for one. */
const bodyLimits = { total: 3 * ModelProxyBody.largestHeld, perSession: ModelProxyBody.largestHeld }

/** A client for the API, direct or through the proxy that this host must use. */
const clientFor = Effect.fnUntraced(function*(baseUrl: string) {
  const { hostname, protocol } = new URL(baseUrl)
  const proxy = protocol === "https:" ? HostProxy.proxyFor(yield* HostProxy.config, hostname) : Option.none()
  const dispatcher = yield* Effect.acquireRelease(
    Effect.sync((): Undici.Dispatcher =>
      Option.match(proxy, {
        onNone: () => new Undici.Agent(),
        onSome: (url) => new Undici.ProxyAgent({ uri: url.href })
      })
    ),
    (dispatcher) => Effect.promise(() => dispatcher.destroy())
  )
  return NodeHttpClient.makeUndici(dispatcher).pipe(HttpClient.withTracerPropagation(false), HttpClient.withScope)
})

const credentials = (provider: Routes.Provider, key: Redacted.Redacted): Readonly<Record<string, string>> =>
  provider === "anthropic"
    ? { "x-api-key": Redacted.value(key) }
    : provider === "google"
    ? { "x-goog-api-key": Redacted.value(key) }
    : { authorization: `Bearer ${Redacted.value(key)}` }

/** For whom a request is served. */
export interface Account {
  readonly payer: Payer
  readonly record: RoundRecord
  /** Told of each endpoint of a provider that is refused, once. */
  readonly onRefused: (endpoint: string) => Effect.Effect<void>
}

/** Makes the proxy, which serves a request for a payer. Fails if HTTPS_PROXY is not a URL. */
export const make = Effect.gen(function*() {
  const config = yield* AppConfig
  const call = ModelCall.make({ prices: yield* ModelPrices, memory: yield* BodyMemory.make(bodyLimits) })
  const clients = {
    anthropic: yield* clientFor(config.anthropic.baseUrl),
    openai: yield* clientFor(config.openai.baseUrl),
    google: yield* clientFor(config.google.baseUrl)
  }

  const send =
    (request: GatewayServer.Request, { method, path, provider }: Routes.ModelRoute, key: Redacted.Redacted) =>
    (body: HttpBody.HttpBody) =>
      clients[provider].execute(
        HttpClientRequest.make(method)(`${config[provider].baseUrl.replace(/\/+$/, "")}${path}`).pipe(
          HttpClientRequest.setHeaders(Routes.requestHeaders(request.headers)),
          // a compressed reply could not be counted
          HttpClientRequest.setHeader("accept-encoding", "identity"),
          HttpClientRequest.setHeaders(credentials(provider, key)),
          HttpClientRequest.setBody(body)
        )
      )

  return Effect.fn("ModelProxy.serve")(
    function*(request: GatewayServer.Request, { onRefused, payer, record }: Account) {
      const { method, url } = request
      const provider = Routes.providerOf(url)
      const route = Routes.routeOf(method, url)
      if (provider === undefined || route === undefined) {
        // some clients check whether the address exists
        if (method === "HEAD" && provider !== undefined) return GatewayServer.text(200, "text/plain", "")
        const endpoint = Routes.endpointOf(method, url)
        if (yield* record.isNews(endpoint)) yield* onRefused(endpoint)
        const message = `The gateway does not pass on ${endpoint}: an agent needs the model only.`
        return provider === undefined
          ? GatewayServer.text(403, "text/plain", `${message}\n`)
          : Refusals.forbidden(provider, message)
      }
      const { apiKey } = config[provider]
      if (Option.isNone(apiKey)) {
        return Refusals.noKey(provider, `OpenTL has no ${keyNames[provider]}, so this API cannot be called.`)
      }
      const sent = send(request, route, apiKey.value)
      let asked: Pick<CallRequest.CallRequest, "hasTools" | "model"> = { model: undefined, hasTools: true }
      const reply = route.dialect === undefined
        ? ModelProxyBody.stream(request).pipe(
          Effect.flatMap(sent),
          Effect.map((response) => ModelCall.passOn(response))
        )
        : call({
          request,
          provider,
          address: { dialect: route.dialect, model: route.model },
          payer,
          send: (body) => sent(body.http),
          onAsked: (call) => {
            asked = call
          },
          record
        })
      // what the gateway itself refuses ends an agent's work like an error of the provider's
      const noted = Effect.tapError(reply, (error) => {
        if (route.dialect === undefined) return Effect.void
        const failure = error._tag === "RequestError" ? unreachable : error.message
        return record.note({ model: asked.model, hasTools: asked.hasTools, failure })
      })
      return yield* Effect.catchAll(noted, (error) => {
        switch (error._tag) {
          case "BodyTooLarge":
            return Effect.succeed(Refusals.tooLarge(provider, error.message))
          case "BodyTimedOut":
            return Effect.succeed(Refusals.later(provider, 408, error.message))
          case "BodiesWaiting":
          case "BudgetBusy":
          case "DayBudgetUnknown":
            return Effect.succeed(Refusals.later(provider, 503, error.message))
          case "BudgetExhausted":
          case "DayBudgetSpent":
            return Effect.succeed(Refusals.budgetSpent(provider, error.message))
          case "CallUncountable":
          case "ConnectionError":
          case "PriceUnknown":
            return Effect.succeed(Refusals.invalid(provider, error.message))
          case "RequestError":
            return Effect.as(
              Effect.logWarning("the model's API cannot be reached").pipe(
                Effect.annotateLogs({
                  provider,
                  reason: error.cause instanceof Error ? error.cause.message : error.message
                })
              ),
              Refusals.later(provider, 502, unreachable)
            )
          case "ResponseError":
            return Effect.succeed(Refusals.later(provider, 502, error.message))
        }
      })
    }
  )
})
