/** The sandbox of the configuration, put together. Apart, so that it is loaded by the commands that need it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { AppConfig } from "../services/config/AppConfig.ts"
import { Sandbox } from "../services/sandbox/Sandbox.ts"
import * as SandboxLayer from "../services/sandbox/SandboxLayer.ts"

export const sandbox = Effect.map(
  Layer.build(SandboxLayer.layer.pipe(Layer.provide(AppConfig.layer))),
  Context.get(Sandbox)
)
