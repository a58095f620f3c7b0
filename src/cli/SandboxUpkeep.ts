/** The configured sandbox with its layers. In its own file so that only the commands that need it load it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { AppConfig } from "../services/config/AppConfig.ts"
import * as DependencyCache from "../services/sandbox/DependencyCache.ts"
import { Sandbox } from "../services/sandbox/Sandbox.ts"
import * as SandboxLayer from "../services/sandbox/SandboxLayer.ts"

export const sandbox = Effect.map(
  Layer.build(SandboxLayer.layer.pipe(Layer.provide(AppConfig.layer))),
  Context.get(Sandbox)
)

/** Removes the cache of installed dependencies. */
export const clearDependencies = Effect.flatMap(AppConfig, ({ dataDir }) => DependencyCache.clear(dataDir)).pipe(
  Effect.provide(AppConfig.layer)
)
