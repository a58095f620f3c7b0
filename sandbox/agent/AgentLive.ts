/** What the built-in agent is made of, with node's parts of it. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Layer from "effect/Layer"
import * as NodePlatform from "../NodePlatform.ts"
import type { AgentConfig } from "./AgentConfig.ts"
import { ConversationStore } from "./ConversationStore.ts"
import * as HttpAgents from "./HttpAgents.ts"
import * as HttpModel from "./HttpModel.ts"

export const layerOf = <E, R>(config: Layer.Layer<AgentConfig, E, R>) =>
  Layer.mergeAll(HttpModel.layer, ConversationStore.layer).pipe(
    Layer.provideMerge(config),
    Layer.provideMerge(
      Layer.merge(NodePlatform.layer, Layer.provide(NodeHttpClient.layerWithoutAgent, HttpAgents.layer))
    )
  )
