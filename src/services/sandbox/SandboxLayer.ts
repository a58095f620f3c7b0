/** Chooses the sandbox by OPENTL_SANDBOX. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { AppConfig } from "../config/AppConfig.ts"
import { DockerEngine } from "./docker/DockerEngine.ts"
import * as DockerSandbox from "./docker/DockerSandbox.ts"
import * as LocalSandbox from "./local/LocalSandbox.ts"
import type { Sandbox, SandboxUnavailable } from "./Sandbox.ts"
import { SandboxRuntime } from "./SandboxRuntime.ts"

/** `auto` means Docker if it answers now, else local. */
const choice = Effect.gen(function*() {
  const { sandbox } = yield* AppConfig
  if (sandbox !== "auto") return sandbox
  const engine = yield* DockerEngine
  return (yield* Effect.isSuccess(engine.ping)) ? "docker" : "local"
})

type Needs = Layer.Layer.Context<typeof DockerSandbox.layer | typeof LocalSandbox.layer>

const layerOf = (kind: "docker" | "local"): Layer.Layer<Sandbox, SandboxUnavailable, Needs> =>
  kind === "docker" ? DockerSandbox.layer : LocalSandbox.layer

/** The configured sandbox; the engine and the runtime files are left open. */
export const layerWithoutEngine = Layer.unwrapEffect(Effect.map(choice, layerOf))

/** The configured sandbox of the installed package. */
export const layer = layerWithoutEngine.pipe(Layer.provide(Layer.merge(DockerEngine.layer, SandboxRuntime.layer)))
