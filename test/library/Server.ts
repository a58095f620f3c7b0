import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Layer from "effect/Layer"
import { createServer } from "node:http"
import { layerCore } from "../../src/index.ts"
import { layerOwnApi } from "./OwnApi.ts"

export const main = HttpApiBuilder.serve().pipe(
  Layer.provide(layerOwnApi),
  Layer.provide(layerCore("server")),
  Layer.provide(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 3000 })),
  Layer.launch
)
