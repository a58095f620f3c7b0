import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Sandbox, SandboxLayer } from "../../src/index.ts"

/** The configured sandbox, with a line in the log for each run that it starts. */
export const layerAnnounced = Layer.effect(
  Sandbox,
  Effect.map(Sandbox, (sandbox) =>
    Sandbox.of({
      ...sandbox,
      start: (spec) =>
        Effect.zipRight(
          Effect.logInfo(`session ${spec.run.sessionId} runs in ${sandbox.kind}`),
          sandbox.start(spec)
        )
    }))
).pipe(Layer.provide(SandboxLayer.layer))
