import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import {
  ApiTokens,
  HttpAuthorization,
  HttpEventsGroup,
  httpEventsHandlers,
  HttpSessionsGroup,
  httpSessionsHandlers,
  layerHttpErrors
} from "../../src/index.ts"

/** A group of your own beside OpenTL's sessions and their events. */
class OwnApi extends HttpApi.make("own")
  .add(HttpApiGroup.make("greeting").add(HttpApiEndpoint.get("hello", "/hello").addSuccess(Schema.String)))
  .add(HttpSessionsGroup)
  .add(HttpEventsGroup)
{}

export const layerOwnApi = HttpApiBuilder.api(OwnApi).pipe(
  Layer.provide([
    HttpApiBuilder.group(OwnApi, "greeting", (group) => group.handle("hello", () => Effect.succeed("hello"))),
    HttpApiBuilder.group(OwnApi, "sessions", httpSessionsHandlers),
    HttpApiBuilder.group(OwnApi, "events", httpEventsHandlers)
  ]),
  Layer.provide([HttpAuthorization.layer, layerHttpErrors]),
  Layer.provide(ApiTokens.layer)
)
