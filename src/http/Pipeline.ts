/**
 * The stages of every request, outermost first: it is counted and guarded, its route is looked up, and every error is
 * reported in the one common shape.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiError from "@effect/platform/HttpApiError"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { logStoreError, StoreError } from "../services/store/StoreError.ts"
import { Api } from "./Api.ts"
import * as Decoding from "./Decoding.ts"
import { contentSecurityPolicy } from "./Docs.ts"
import { DiskFull } from "./Errors.ts"
import * as Guards from "./Guards.ts"
import * as HttpMetrics from "./HttpMetrics.ts"
import * as Routes from "./Routes.ts"

const failure = (status: number, code: string, error: string, headers: Readonly<Record<string, string>> = {}) =>
  HttpServerResponse.unsafeJson({ error, code }, { status, headers })

const isDecodeError = Schema.is(HttpApiError.HttpApiDecodeError)
const isStoreError = Schema.is(StoreError)

/**
 * Maps errors to the API's own before they are encoded: a request that does not decode becomes an `InvalidRequest`, a
 * full disk is named as such. A store error is logged, and its cause stays inside; a problem of the database itself has
 * already been logged once by the store.
 */
export const layerErrors: Layer.Layer<never> = HttpApiBuilder.middleware(Api, (app) =>
  Effect.catchAllCause(
    app,
    Effect.fnUntraced(function*(cause) {
      const error = Cause.squash(cause)
      if (isDecodeError(error)) return yield* Decoding.invalidRequest(error.issues)
      if (isStoreError(error)) {
        yield* logStoreError(error)
        if (error.fault === "full") return yield* new DiskFull()
      }
      return yield* Effect.failCause(cause)
    })
  ))

/** An error outside the API's definition: a bug, or a path that only looks like a route. */
const fault = (cause: Cause.Cause<unknown>): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Option.exists(Cause.failureOption(cause), Predicate.isTagged("RouteNotFound"))
    ? Effect.succeed(noRoute)
    : Effect.as(
      Effect.logError("a request failed", cause),
      failure(500, "InternalError", "the server could not handle the request; its log says why")
    )

const noRoute = failure(404, "RouteNotFound", "this route does not exist: see /docs")

/** After how many seconds a request that could not be answered is worth repeating. */
const retryAfter = "5"

const answerHeaders = (response: HttpServerResponse.HttpServerResponse) => ({
  "x-content-type-options": "nosniff",
  ...(response.status === 401 ? { "www-authenticate": "Bearer" } : {}),
  ...(response.status === 503 ? { "retry-after": retryAfter } : {}),
  ...(response.headers["content-type"]?.startsWith("text/html")
    ? { "content-security-policy": contentSecurityPolicy }
    : {})
})

export interface PipelineOptions {
  readonly isOwnHost: Guards.IsOwnHost
  /** Routes that do not exist because their configuration is missing. */
  readonly hidden: ReadonlySet<string>
}

/** Wraps the application in all of these stages. */
export const make = ({ hidden, isOwnHost }: PipelineOptions) => {
  const find = Routes.make()
  return <R>(app: HttpApp.Default<never, R>): HttpApp.Default<never, R> =>
    Effect.gen(function*() {
      const { headers, method, url } = yield* HttpServerRequest.HttpServerRequest
      const [pathname = ""] = url.split("?", 1)
      const route = Option.filter(find(pathname), ({ path }) => !hidden.has(path))
      const answer = Effect.gen(function*() {
        const refused = Guards.refusal(method, headers, isOwnHost)
        if (refused !== undefined) return failure(403, "Forbidden", refused)
        if (Option.isNone(route)) return noRoute
        const allow = Routes.allowed(route.value)
        if (!allow.includes(method)) {
          return failure(405, "MethodNotAllowed", `${route.value.path} accepts ${allow.join(", ")}`, {
            allow: allow.join(", ")
          })
        }
        return yield* Effect.catchAllCause(app, (cause) =>
          Cause.isInterrupted(cause) ? Effect.failCause(cause) : fault(cause))
      })
      const [duration, response] = yield* Effect.timed(answer)
      const path = Option.match(route, {
        onNone: () =>
          "unknown",
        onSome: ({ path }) => path
      })
      yield* HttpMetrics.answered({ method, route: path, status: response.status }, duration)
      yield* Effect.logDebug(`${method} ${pathname} ${response.status}`)
      return HttpServerResponse.setHeaders(response, answerHeaders(response))
    })
}
