/** Identifies the caller by the bearer token's name. */
import type * as Headers from "@effect/platform/Headers"
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

/** The caller that a request's headers name. */
export const callerOf = (
  { authenticate }: Context.Tag.Service<ApiTokens>,
  headers: Headers.Headers
): Effect.Effect<Requester, Unauthorized> => {
  // the header is read here because the security's own decoder accepts any scheme as bearer
  const bearer = /^Bearer +(\S+) *$/i.exec(headers["authorization"] ?? "")?.[1]
  const name = bearer === undefined ? Option.none() : authenticate(bearer)
  return Option.isNone(name)
    ? new Unauthorized()
    : Effect.succeed({ name: name.value, via: headers[clientHeader] === "cli" ? "cli" : "http" })
}

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
    Effect.map(ApiTokens, (tokens) =>
      Authorization.of({
        token: () => Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) => callerOf(tokens, headers))
      }))
  )
}
