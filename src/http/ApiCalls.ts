/**
 * The calls of the API, for a client. Each is compiled from its schemas on first use: a command uses one or two, and all
 * of them take longer than the requests.
 */
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import { Api } from "./Api.ts"

export const make = (httpClient: HttpClient.HttpClient) => {
  const options = { group: "sessions", httpClient } as const
  return Effect.all({
    create: Effect.cached(HttpApiClient.endpoint(Api, { ...options, endpoint: "create" })),
    list: Effect.cached(HttpApiClient.endpoint(Api, { ...options, endpoint: "list" })),
    get: Effect.cached(HttpApiClient.endpoint(Api, { ...options, endpoint: "get" })),
    stop: Effect.cached(HttpApiClient.endpoint(Api, { ...options, endpoint: "stop" })),
    message: Effect.cached(HttpApiClient.endpoint(Api, { ...options, endpoint: "message" })),
    approve: Effect.cached(HttpApiClient.endpoint(Api, { ...options, endpoint: "approve" })),
    reject: Effect.cached(HttpApiClient.endpoint(Api, { ...options, endpoint: "reject" })),
    retry: Effect.cached(HttpApiClient.endpoint(Api, { ...options, endpoint: "retry" })),
    addBudget: Effect.cached(HttpApiClient.endpoint(Api, { ...options, endpoint: "addBudget" })),
    diff: Effect.cached(HttpApiClient.endpoint(Api, { ...options, endpoint: "diff" })),
    verification: Effect.cached(HttpApiClient.endpoint(Api, { ...options, endpoint: "verification" }))
  })
}
