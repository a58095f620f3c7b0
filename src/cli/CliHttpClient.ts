/**
 * Requests over `node:http`, as far as that is enough. `fetch` takes 60 ms to load and to send the first request, half of
 * what `opentl list` may take; `node:http` takes 15 ms. TLS and redirects are left to `fetch`: it knows which headers
 * another host may see.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** Without credentials, which `fetch` refuses. */
const isPlain = (url: string): boolean => /^http:\/\/[^/?#@]+(?:[/?#]|$)/.test(url)

const isRedirect = ({ headers, status }: HttpClientResponse.HttpClientResponse): boolean =>
  status >= 300 && status < 400 && headers["location"] !== undefined

type Send = (
  request: HttpClientRequest.HttpClientRequest
) => Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

const choosing = (plain: Send, web: Send): Send => (request) =>
  isPlain(request.url)
    ? Effect.flatMap(plain(request), (response) => isRedirect(response) ? web(request) : Effect.succeed(response))
    : web(request)

export const layer: Layer.Layer<HttpClient.HttpClient> = Layer.scoped(
  HttpClient.HttpClient,
  Effect.gen(function*() {
    const plain = Context.get(yield* Layer.build(NodeHttpClient.layer), HttpClient.HttpClient)
    const web = Context.get(yield* Layer.build(FetchHttpClient.layer), HttpClient.HttpClient)
    const send = choosing(plain.execute, web.execute)
    return HttpClient.makeWith(
      (request: Effect.Effect<HttpClientRequest.HttpClientRequest>) => Effect.flatMap(request, send),
      (request) => Effect.succeed(request)
    )
  })
)
