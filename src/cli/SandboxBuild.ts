/** The sandbox image's builder with its layers. In its own file so that only the command that needs it loads it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { AppConfig } from "../services/config/AppConfig.ts"
import { DockerEngine } from "../services/sandbox/docker/DockerEngine.ts"
import { SandboxImage } from "../services/sandbox/SandboxImage.ts"
import { SandboxRuntime } from "../services/sandbox/SandboxRuntime.ts"

export const image = Effect.map(
  Layer.build(
    SandboxImage.layer.pipe(
      Layer.provide(Layer.merge(DockerEngine.layer, SandboxRuntime.layer)),
      Layer.provide(AppConfig.layer)
    )
  ),
  Context.get(SandboxImage)
)
