/** What the commands reach the sessions with. The server's half is loaded only where it is needed: a client starts faster. */
import * as HttpServer from "@effect/platform/HttpServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Sessions } from "./actors/Sessions.ts"
import type { Parts } from "./cli/Connect.ts"
import { AppConfig } from "./services/AppConfig.ts"
import { DataDirectory } from "./services/DataDirectory.ts"
import { Sandbox } from "./services/Sandbox.ts"

const app = Effect.promise(() => import("./App.ts"))
const client = Effect.promise(() => import("./http/ApiClient.ts"))

export const parts: Parts = {
  client: (server) =>
    Effect.flatMap(client, (module) => Effect.map(Layer.build(module.layer(server)), Context.get(Sessions))),

  embedded: ({ work }) =>
    Effect.flatMap(app, (module) =>
      Effect.map(Layer.build(module.layerCore("embedded", work)), Context.get(Sessions))),

  serve: Effect.gen(function*() {
    const context = yield* Layer.build((yield* app).layerServer)
    const config = Context.get(context, AppConfig)
    const directory = Context.get(context, DataDirectory)
    const url = HttpServer.formatAddress(Context.get(context, HttpServer.HttpServer).address)
    yield* directory.announce(url)
    return {
      url,
      dataDir: directory.path,
      sandbox: Context.get(context, Sandbox).kind,
      token: Option.isSome(config.apiTokens) ? "OPENTL_API_TOKENS" : `${directory.path}/token`,
      // whether a bot really runs it says itself, when its platform has answered
      bots: [
        ...(Option.isSome(config.slack.botToken) ? ["slack"] : []),
        ...(Option.isSome(config.telegram.botToken) ? ["telegram"] : [])
      ]
    }
  })
}
