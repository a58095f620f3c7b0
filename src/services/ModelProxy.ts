/**
 * The reverse proxy to the models' APIs: the agent inside sends a dummy key, the real one is put in here. Bodies stream
 * through both ways, each at the reader's pace; a reply is counted as it passes.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import * as Headers from "@effect/platform/Headers"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { AppConfig } from "./AppConfig.ts"
import * as HostProxy from "./HostProxy.ts"
import type { Tokens } from "./ModelPrices.ts"
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

const refuse = (
  provider: Routes.Provider,
  status: number,
  type: string,
  message: string,
  headers: Readonly<Record<string, string>> = finalAnswer
) => HttpServerResponse.unsafeJson(Routes.errorBody(provider, type, message), { status, headers })

const budgetSpent = HttpServerResponse.unsafeJson({
  type: "error",
  error: { type: "budget_exceeded", message: "The session's budget is used up." }
}, { status: 402, headers: finalAnswer })

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
  return NodeHttpClient.makeUndici(dispatcher).pipe(HttpClient.withTracerPropagation(false))
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
    request: HttpServerRequest.HttpServerRequest,
    route: Routes.ModelRoute,
    key: Redacted.Redacted,
    body: HttpBody.HttpBody
  ) =>
    HttpClientRequest.make(request.method)(`${config[route.provider].baseUrl.replace(/\/+$/, "")}${route.path}`).pipe(
      HttpClientRequest.setHeaders(Routes.requestHeaders(request.headers)),
      // what is counted must be readable
      HttpClientRequest.setHeader("accept-encoding", "identity"),
      HttpClientRequest.setHeaders(credentials(route.provider, key)),
      HttpClientRequest.setBody(body)
    )

  /** The reply as it goes to the agent. What breaks off outside breaks off inside, too, and does not end well. */
  const passOn = (
    request: HttpServerRequest.HttpServerRequest,
    response: HttpClientResponse.HttpClientResponse,
    look: (bytes: Uint8Array) => Effect.Effect<void>
  ) => {
    const { "content-length": length, "content-type": contentType } = response.headers
    const breakOff = Effect.sync(() => NodeHttpServerRequest.toServerResponse(request).destroy())
    return HttpServerResponse.stream(
      response.stream.pipe(Stream.tap(look), Stream.tapErrorCause(() => breakOff)),
      {
        status: response.status,
        headers: Headers.fromInput(Routes.responseHeaders(response.headers)),
        contentType: contentType ?? "application/octet-stream",
        contentLength: length === undefined ? undefined : Number(length)
      }
    )
  }

  const call = Effect.fnUntraced(function*(route: Routes.ModelRoute, key: Redacted.Redacted, account: Account) {
    const request = yield* HttpServerRequest.HttpServerRequest
    const body = yield* Effect.interruptible(ModelProxyBody.forward(request, route.dialect))
    const response = yield* Effect.interruptible(clients[route.provider].execute(outgoing(request, route, key, body)))
    if (route.dialect === undefined || response.status < 200 || response.status > 299) {
      return passOn(request, response, () => Effect.void)
    }
    const meter = yield* Ref.make(UsageMeter.start(route.dialect, response.headers["content-type"]))
    // with the request's end, however it comes: a reply that breaks off has cost something all the same
    yield* Effect.addFinalizer(() =>
      Effect.flatMap(Ref.get(meter), (read) => {
        const { model, tokens } = UsageMeter.finish(read)
        return account.record(model, tokens)
      })
    )
    return passOn(request, response, (bytes) => Ref.update(meter, (before) => UsageMeter.feed(before, bytes)))
  })

  return Effect.fn("ModelProxy.serve")(function*(account: Account) {
    const { method, originalUrl } = yield* HttpServerRequest.HttpServerRequest
    const provider = Routes.providerOf(originalUrl)
    const route = Routes.routeOf(method, originalUrl)
    if (provider === undefined) return HttpServerResponse.text("There is no such API here.\n", { status: 404 })
    if (route === undefined) {
      // some clients look whether the address is there
      return method === "HEAD"
        ? HttpServerResponse.empty({ status: 200 })
        : refuse(
          provider,
          404,
          "not_found_error",
          `The gateway does not pass on ${method} ${originalUrl.split("?")[0]}.`
        )
    }
    const { apiKey } = config[provider]
    if (Option.isNone(apiKey)) {
      return refuse(provider, 503, "api_error", `OpenTL has no ${keyNames[provider]}, so this API cannot be called.`)
    }
    if (route.dialect !== undefined && (yield* account.isExhausted)) return budgetSpent
    return yield* call(route, apiKey.value, account).pipe(
      Effect.catchTags({
        BodyTooLarge: (error) => Effect.succeed(refuse(provider, 413, "request_too_large", error.message)),
        RequestError: (error) =>
          Effect.as(
            Effect.logWarning(`the model's API cannot be reached: ${error.message}`),
            refuse(provider, 502, "api_error", "The model's API cannot be reached.", {})
          )
      })
    )
  })
})
