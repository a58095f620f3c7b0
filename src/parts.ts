/** The ways in which commands reach the sessions. Loaded lazily: a client starts several times faster than a server. */
import * as Effect from "effect/Effect"
import type { Parts } from "./cli/Connect.ts"

const program = Effect.promise(() => import("./InProcess.ts"))

export const parts: Parts = {
  client: (server) =>
    Effect.flatMap(
      Effect.promise(() => import("./http/ApiClient.ts")),
      (module) => module.make(server)
    ),
  agents: (server) =>
    Effect.flatMap(
      Effect.promise(() => import("./http/AgentsClient.ts")),
      (module) => module.list(server)
    ),
  reads: (dataDir, serverUrl) =>
    Effect.flatMap(Effect.promise(() => import("./ReadOnly.ts")), (module) => module.reads(dataDir, serverUrl)),
  embedded: ({ mode }) => Effect.flatMap(program, (module) => module.embedded(mode)),
  serve: Effect.flatMap(program, (module) => module.serve)
}
