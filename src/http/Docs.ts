/** The API's description: for programs at `/openapi.json`, for people at `/docs`. */
import type * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiSwagger from "@effect/platform/HttpApiSwagger"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Api } from "./Api.ts"

/** Made from the server's own definition. Requests may have more fields than it names: they are ignored. */
export const openApi = (): OpenApi.OpenAPISpec => OpenApi.fromApi(Api, { additionalPropertiesStrategy: "allow" })

const document = HttpApiBuilder.Router.use((router) =>
  router.get("/openapi.json", Effect.orDie(HttpServerResponse.json(openApi())))
)

/**
 * The page holds all of its script and style, so that it works without a network; this keeps it from asking for more.
 */
export const contentSecurityPolicy =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; frame-ancestors 'none'"

// the page takes the document as it was made first
export const layer: Layer.Layer<never, never, HttpApi.Api> = HttpApiSwagger.layer({ path: "/docs" }).pipe(
  Layer.provide(document)
)
