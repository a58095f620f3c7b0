/** Who calls: the name that belongs to the bearer token. */
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

/** Who calls: it stands on every session and message as who asked. */
export class Caller extends Context.Tag("opentl/http/Authorization/Caller")<Caller, Requester>() {}

/** Says which client it is: `cli`, or anything else. */
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
        // the header is read here: the security's own decoder takes any scheme for a bearer's
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
