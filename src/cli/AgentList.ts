/** The agents of this machine's configuration. In its own file so that only the command that needs it loads it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Agents } from "../services/agents/Agents.ts"
import { AppConfig } from "../services/config/AppConfig.ts"

export const agents = Effect.map(
  Layer.build(Agents.layer.pipe(Layer.provide(AppConfig.layer))),
  Context.get(Agents)
).pipe(Effect.flatMap(({ list }) => list))
