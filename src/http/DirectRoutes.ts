/**
 * `POST /api/sessions` without the way through `HttpApi`: its router, the maps of services that are copied for each
 * request, the middleware, the decoding of headers. A new session spends MEASUREMENT. The handler is the API's own, which
 * describes the route and has it, too; what fails is reported by the same middleware.
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

export const make = Effect.gen(function*() {
  const create = yield* SessionsHttp.creation
  const tokens = yield* ApiTokens
  const reported = yield* HttpApiBuilder.buildMiddleware(Api)
  const direct: DirectRoute = (request) =>
    callerOf(tokens, request.headers).pipe(
      Effect.flatMap((caller) => create(request, caller)),
      Effect.interruptible,
      ApiErrors.report,
      reported,
      Effect.orDie
    )
  const find: FindDirectRoute = (method, pathname) =>
    method === "POST" && pathname === "/api/sessions" ? direct : undefined
  return find
})
