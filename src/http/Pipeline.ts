/**
 * The stages of every request, outermost first: it is counted and guarded, its route is looked up, and every error is
 * reported in the one common shape.
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { FindDirectRoute } from "./DirectRoutes.ts"
import { contentSecurityPolicy } from "./Docs.ts"
import * as Guards from "./Guards.ts"
import * as HttpMetrics from "./HttpMetrics.ts"
import * as Routes from "./Routes.ts"

const failure = (status: number, code: string, error: string, headers: Readonly<Record<string, string>> = {}) =>
  HttpServerResponse.unsafeJson({ error, code }, { status, headers })

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
  readonly direct: FindDirectRoute
}

/** Wraps the application in all of these stages. */
export const make = ({ direct, hidden, isOwnHost }: PipelineOptions) => {
  const find = Routes.make()
  return <R>(app: HttpApp.Default<never, R>): HttpApp.Default<never, R> => {
    const answer = (
      request: HttpServerRequest.HttpServerRequest,
      pathname: string,
      route: Routes.Route | undefined
    ): HttpApp.Default<never, R> => {
      const { method } = request
      const refused = Guards.refusal(method, request.headers, isOwnHost)
      if (refused !== undefined) return Effect.succeed(failure(403, "Forbidden", refused))
      if (route === undefined) return Effect.succeed(noRoute)
      const allow = Routes.allowed(route)
      if (!allow.includes(method)) {
        const methods = allow.join(", ")
        return Effect.succeed(
          failure(405, "MethodNotAllowed", `${route.path} accepts ${methods}`, { allow: methods })
        )
      }
      return direct(method, pathname)?.(request) ?? app
    }
    const timed = (request: HttpServerRequest.HttpServerRequest, clock: Clock.Clock): HttpApp.Default<never, R> => {
      const { method, url } = request
      const [pathname = ""] = url.split("?", 1)
      const route = Option.getOrUndefined(Option.filter(find(pathname), ({ path }) => !hidden.has(path)))
      const begunAt = clock.unsafeCurrentTimeNanos()
      return answer(request, pathname, route).pipe(
        Effect.catchAllCause((cause) => Cause.isInterrupted(cause) ? Effect.failCause(cause) : fault(cause)),
        Effect.flatMap((response) => {
          const took = Duration.nanos(clock.unsafeCurrentTimeNanos() - begunAt)
          HttpMetrics.answered({ method, route: route?.path ?? "unknown", status: response.status }, took)
          return Effect.as(
            Effect.logDebug(`${method} ${pathname} ${response.status}`),
            HttpServerResponse.setHeaders(response, answerHeaders(response))
          )
        })
      )
    }
    return Effect.flatMap(
      HttpServerRequest.HttpServerRequest,
      (request) => Effect.clockWith((clock) => timed(request, clock))
    )
  }
}
