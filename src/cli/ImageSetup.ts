/** The sandbox image that this machine needs but does not have. In its own file so that it is loaded only on demand. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { AppConfig } from "../services/config/AppConfig.ts"
import { DockerEngine } from "../services/sandbox/docker/DockerEngine.ts"
import { SandboxImage } from "../services/sandbox/SandboxImage.ts"
import { SandboxRuntime } from "../services/sandbox/SandboxRuntime.ts"

const layer = SandboxImage.layer.pipe(
  Layer.provideMerge(Layer.merge(DockerEngine.layer, SandboxRuntime.layer)),
  Layer.provideMerge(AppConfig.layer)
)

/** The image's builder, if sandboxes use Docker, the engine answers, and the image does not exist. */
export const missing = Effect.gen(function*() {
  const context = yield* Layer.build(layer)
  const { docker, sandbox } = Context.get(context, AppConfig)
  const engine = Context.get(context, DockerEngine)
  if (sandbox === "local") return Option.none()
  // an engine that does not answer is a different fault, reported by whoever needs it
  const isThere = yield* Effect.zipRight(engine.ping, engine.hasImage(docker.image)).pipe(
    Effect.orElseSucceed(() => true)
  )
  return isThere ? Option.none() : Option.some(Context.get(context, SandboxImage))
})
