/** Identifies the caller by the bearer token's name. */
import * as HttpApiMiddleware from "@effect/platform/HttpApiMiddleware"
import * as HttpApiSecurity from "@effect/platform/HttpApiSecurity"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { Requester } from "../domain/Requester.ts"
import { ApiTokens } from "../services/config/ApiTokens.ts"
import { Unauthorized, Wire } from "./Errors.ts"

/** The caller, recorded as the requester on every session and message. */
export class Caller extends Context.Tag("opentl/http/Authorization/Caller")<Caller, Requester>() {}

/** Names the client: `cli`, or anything else. */
export const clientHeader = "x-opentl-client"

export class Authorization extends HttpApiMiddleware.Tag<Authorization>()("opentl/http/Authorization", {
  failure: Wire.Unauthorized,
  provides: Caller,
  security: {
    token: HttpApiSecurity.annotate(
      HttpApiSecurity.bearer,
      OpenApi.Description,
      "A token of OPENTL_API_TOKENS, or the one in <data dir>/token."
    )
  }
}) {
  static readonly layer: Layer.Layer<Authorization, never, ApiTokens> = Layer.effect(
    Authorization,
    Effect.map(ApiTokens, ({ authenticate }) =>
      Authorization.of({
        // the header is read here because the security's own decoder accepts any scheme as bearer
        token: () =>
          Effect.gen(function*() {
            const { headers } = yield* HttpServerRequest.HttpServerRequest
            const bearer = /^Bearer +(\S+) *$/i.exec(headers["authorization"] ?? "")?.[1]
            const name = bearer === undefined ? Option.none() : authenticate(bearer)
            if (Option.isNone(name)) return yield* new Unauthorized()
            return { name: name.value, via: headers[clientHeader] === "cli" ? "cli" : "http" } as const
          })
      }))
  )
}
