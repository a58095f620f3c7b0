/** The API's description: for programs at `/openapi.json`, for people at `/docs`. */
import type * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiSwagger from "@effect/platform/HttpApiSwagger"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Api } from "./Api.ts"

/** Generated from the server's definition. Requests may contain unknown fields, which are ignored. */
export const openApi = (): OpenApi.OpenAPISpec => OpenApi.fromApi(Api, { additionalPropertiesStrategy: "allow" })

const document = HttpApiBuilder.Router.use((router) =>
  router.get("/openapi.json", Effect.orDie(HttpServerResponse.json(openApi())))
)

/**
 * The page contains all its script and style, so that it works offline; this header keeps it from loading anything
 * else.
 */
export const contentSecurityPolicy =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; frame-ancestors 'none'"

// the page embeds the first generated document
export const layer: Layer.Layer<never, never, HttpApi.Api> = HttpApiSwagger.layer({ path: "/docs" }).pipe(
  Layer.provide(document)
)
