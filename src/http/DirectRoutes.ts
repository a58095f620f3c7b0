/**
 * `POST /api/sessions` without the way through `HttpApi`: its router, the maps of services that are copied for each
 * request, the middleware, the decoding of headers. Together with the spans that are not made (`Span`), accepting a
 * session takes 1.2 ms of processor time in place of 1.9. The handler is the one that the API's group has; what fails is
 * reported by the same middleware. A test holds that the answers are those of the longer way.
 *
 * It is for requests that are not traced: the router names the route in a request's span.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { ApiTokens } from "../services/config/ApiTokens.ts"
import { Api } from "./Api.ts"
import * as ApiErrors from "./ApiErrors.ts"
import { callerOf } from "./Authorization.ts"
import * as SessionsHttp from "./SessionsHttp.ts"

export type DirectRoute = (
  request: HttpServerRequest.HttpServerRequest
) => Effect.Effect<HttpServerResponse.HttpServerResponse>

/** The way of a request that does not need the router; undefined for all others. */
export type FindDirectRoute = (method: string, pathname: string) => DirectRoute | undefined

/** All requests go through the router. */
export const none: FindDirectRoute = () => undefined

export const make = Effect.gen(function*() {
  const create = yield* SessionsHttp.creation
  const tokens = yield* ApiTokens
  const reported = yield* HttpApiBuilder.buildMiddleware(Api)
  const direct: DirectRoute = (request) =>
    callerOf(tokens, request.headers).pipe(
      Effect.flatMap((caller) => create(request, caller)),
      Effect.interruptible,
      // one stage for what went well: the middleware is asked only about what failed
      Effect.catchAllCause((cause) => Effect.failCause(cause).pipe(ApiErrors.report, reported, Effect.orDie))
    )
  const find: FindDirectRoute = (method, pathname) =>
    method === "POST" && pathname === "/api/sessions" ? direct : undefined
  return find
})
