/**
 * The reverse proxy to the models' APIs: the agent inside sends a dummy key, the real one is put in here. Bodies stream
 * through both ways, each at the reader's pace; a reply is counted as it passes.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { AppConfig } from "../config/AppConfig.ts"
import type { Tokens } from "../model/ModelPrices.ts"
import * as GatewayServer from "./GatewayServer.ts"
import * as HostProxy from "./HostProxy.ts"
import * as ModelProxyBody from "./ModelProxyBody.ts"
import * as Routes from "./ModelProxyRoutes.ts"
import * as UsageMeter from "./UsageMeter.ts"

/** Whose calls these are. */
export interface Account {
  /** Whether nothing is left to spend. */
  readonly isExhausted: Effect.Effect<boolean>
  /** Takes note of one answered call. */
  readonly record: (model: string, tokens: Tokens) => Effect.Effect<void>
}

const keyNames: Readonly<Record<Routes.Provider, string>> = {
  anthropic: "ANTHROPIC_API_KEY",
  openai: "OPENAI_API_KEY"
}

/** Asking again would not help, and the providers' SDKs heed this. */
const finalAnswer = { "x-should-retry": "false" }

const json = (status: number, body: unknown, headers: Readonly<Record<string, string>>) =>
  GatewayServer.text(status, "application/json", JSON.stringify(body), headers)

const refuse = (
  provider: Routes.Provider,
  status: number,
  type: string,
  message: string,
  headers: Readonly<Record<string, string>> = finalAnswer
) => json(status, Routes.errorBody(provider, type, message), headers)

const budgetSpent = json(402, {
  type: "error",
  error: { type: "budget_exceeded", message: "The session's budget is used up." }
}, finalAnswer)

/** The API as this host reaches it: directly, or through the proxy that the host itself must use. */
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
    : { authorization: `Bearer ${Redacted.value(key)}` }

/** Makes the proxy; it serves a request for an account. Fails where HTTPS_PROXY is no URL. */
export const make = Effect.gen(function*() {
  const config = yield* AppConfig
  const clients = {
    anthropic: yield* clientFor(config.anthropic.baseUrl),
    openai: yield* clientFor(config.openai.baseUrl)
  }

  const outgoing = (
    request: GatewayServer.Request,
    route: Routes.ModelRoute,
    key: Redacted.Redacted,
    body: HttpBody.HttpBody
  ) =>
    HttpClientRequest.make(route.method)(`${config[route.provider].baseUrl.replace(/\/+$/, "")}${route.path}`).pipe(
      HttpClientRequest.setHeaders(Routes.requestHeaders(request.headers)),
      // what is counted must be readable
      HttpClientRequest.setHeader("accept-encoding", "identity"),
      HttpClientRequest.setHeaders(credentials(route.provider, key)),
      HttpClientRequest.setBody(body)
    )

  /** The reply as it goes to the agent. */
  const passOn = (
    response: HttpClientResponse.HttpClientResponse,
    look: (bytes: Uint8Array) => Effect.Effect<void>
  ): GatewayServer.Reply => ({
    status: response.status,
    headers: Routes.responseHeaders(response.headers),
    body: response.stream.pipe(
      Stream.mapError((error) => new GatewayServer.ConnectionError({ reason: error.message })),
      Stream.tap(look)
    )
  })

  /** Counts a reply. It is taken note of when the request ends, however that comes: a part has cost something, too. */
  const counted = Effect.fnUntraced(function*(
    response: HttpClientResponse.HttpClientResponse,
    dialect: UsageMeter.Dialect,
    account: Account
  ) {
    const meter = yield* Ref.make(UsageMeter.start(dialect, response.headers["content-type"]))
    yield* Effect.addFinalizer(() =>
      Effect.flatMap(Ref.get(meter), (read) => {
        const { model, tokens } = UsageMeter.finish(read)
        return account.record(model, tokens)
      })
    )
    return passOn(response, (bytes) => Ref.update(meter, (before) => UsageMeter.feed(before, bytes)))
  })

  const call = Effect.fnUntraced(
    function*(request: GatewayServer.Request, route: Routes.ModelRoute, key: Redacted.Redacted, account: Account) {
      const body = yield* ModelProxyBody.forward(request, route.dialect)
      const { dialect, provider } = route
      return yield* Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(
          restore(clients[provider].execute(outgoing(request, route, key, body))),
          (response) =>
            dialect === undefined || response.status < 200 || response.status > 299
              ? Effect.succeed(passOn(response, () => Effect.void))
              : counted(response, dialect, account)
        )
      )
    }
  )

  return Effect.fn("ModelProxy.serve")(function*(request: GatewayServer.Request, account: Account) {
    const { method, url } = request
    const provider = Routes.providerOf(url)
    const route = Routes.routeOf(method, url)
    if (provider === undefined) return GatewayServer.text(404, "text/plain", "There is no such API here.\n")
    if (route === undefined) {
      // some clients look whether the address is there
      return method === "HEAD"
        ? GatewayServer.text(200, "text/plain", "")
        : refuse(provider, 404, "not_found_error", `The gateway does not pass on ${method} ${url.split("?")[0]}.`)
    }
    const { apiKey } = config[provider]
    if (Option.isNone(apiKey)) {
      return refuse(provider, 503, "api_error", `OpenTL has no ${keyNames[provider]}, so this API cannot be called.`)
    }
    if (route.dialect !== undefined && (yield* account.isExhausted)) return budgetSpent
    return yield* call(request, route, apiKey.value, account).pipe(
      Effect.catchTags({
        BodyTooLarge: (error) => Effect.succeed(refuse(provider, 413, "request_too_large", error.message)),
        ConnectionError: (error) => Effect.succeed(refuse(provider, 400, "invalid_request_error", error.message)),
        RequestError: ({ cause, message }) =>
          Effect.as(
            Effect.logWarning("the model's API cannot be reached").pipe(
              Effect.annotateLogs({ provider, reason: cause instanceof Error ? cause.message : message })
            ),
            refuse(provider, 502, "api_error", "The model's API cannot be reached.", {})
          ),
        ResponseError: (error) => Effect.succeed(refuse(provider, 502, "api_error", error.message, {}))
      })
    )
  })
})
