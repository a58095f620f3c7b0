import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Layer from "effect/Layer"
import { AppConfig, Database, DataDirectory, layerOutside, layerWorking } from "../../src/index.ts"
import { layerOwnModel } from "./OwnModel.ts"
import { layerAnswering } from "./OwnSandbox.ts"

export const layerOwnProgram = (modelUrl: string) =>
  layerWorking.pipe(
    // in place of the configured model and sandbox
    Layer.provide([layerOwnModel(modelUrl), layerAnswering]),
    // everything else as it is configured
    Layer.provideMerge(layerOutside),
    Layer.provideMerge(Database.layer),
    Layer.provideMerge(DataDirectory.layer("embedded")),
    Layer.provideMerge(AppConfig.layer),
    Layer.provideMerge(Layer.merge(NodeContext.layer, NodeHttpClient.layer))
  )
