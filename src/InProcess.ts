/** The program in this process: its sessions for one command, or a server for the lifetime of the scope. */
import * as HttpServer from "@effect/platform/HttpServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Sessions, type SessionsMode } from "./actors/sessions/Sessions.ts"
import { layerCore, layerServer } from "./App.ts"
import type { ServingBot } from "./cli/Program.ts"
import { urlOf } from "./cli/ServerAddress.ts"
import { AppConfig, type AppConfigShape } from "./services/config/AppConfig.ts"
import { DataDirectory } from "./services/config/DataDirectory.ts"
import { Sandbox } from "./services/sandbox/Sandbox.ts"

export const embedded = (mode: SessionsMode) =>
  Effect.map(Layer.build(layerCore("embedded", mode)), Context.get(Sessions))

const bots = ({ slack, telegram }: AppConfigShape): ReadonlyArray<ServingBot> => [
  ...(Option.isNone(slack.botToken)
    ? []
    : [{ platform: "slack", people: slack.allowedUsers.length, channels: slack.allowedChannels.length } as const]),
  ...(Option.isNone(telegram.botToken)
    ? []
    : [{ platform: "telegram", people: telegram.allowedUsers.length, channels: 0 } as const])
]

export const serve = Effect.gen(function*() {
  const context = yield* Layer.build(layerServer)
  const config = Context.get(context, AppConfig)
  const directory = Context.get(context, DataDirectory)
  const { address } = Context.get(context, HttpServer.HttpServer)
  const port = address._tag === "TcpAddress" ? address.port : config.address.port
  const url = urlOf({ host: config.address.host, port })
  yield* directory.announce(url)
  return {
    url,
    dataDir: directory.path,
    sandbox: Context.get(context, Sandbox).kind,
    token: Option.isSome(config.apiTokens) ? "OPENTL_API_TOKENS" : `${directory.path}/token`,
    // each bot reports whether it really runs, once its platform has answered
    bots: bots(config)
  }
})
