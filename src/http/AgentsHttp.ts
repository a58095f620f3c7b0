/** The agents that this server knows. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { Agents } from "../services/agents/Agents.ts"
import { Api } from "./Api.ts"
import type { Authorization } from "./Authorization.ts"

export const layer: Layer.Layer<HttpApiGroup.ApiGroup<"opentl", "agents">, never, Agents | Authorization> =
  HttpApiBuilder.group(
    Api,
    "agents",
    (handlers) => Effect.map(Agents, ({ list }) => handlers.handle("agents", () => list))
  )
