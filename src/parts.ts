/** The ways in which commands reach the sessions. Loaded lazily: a client starts several times faster than a server. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Sessions } from "./actors/sessions/Sessions.ts"
import type { Parts } from "./cli/Connect.ts"

const program = Effect.promise(() => import("./InProcess.ts"))

export const parts: Parts = {
  client: (server) =>
    Effect.flatMap(
      Effect.promise(() => import("./http/ApiClient.ts")),
      (module) => Effect.map(Layer.build(module.layer(server)), Context.get(Sessions))
    ),
  reads: (dataDir, serverUrl) =>
    Effect.flatMap(Effect.promise(() => import("./ReadOnly.ts")), (module) => module.reads(dataDir, serverUrl)),
  embedded: ({ mode }) => Effect.flatMap(program, (module) => module.embedded(mode)),
  serve: Effect.flatMap(program, (module) => module.serve)
}
