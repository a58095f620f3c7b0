/**
 * Node's agents for the calls to the model: separate ones, so that neither proxy variables nor pooled connections apply to the
 * loopback. The one for https is made on its first use: a sandbox's gateway is reached without, and it takes 7 ms to load.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Http from "node:http"
import * as Https from "node:https"

export const layer = Layer.scoped(
  NodeHttpClient.HttpAgent,
  Effect.acquireRelease(
    Effect.sync(() => {
      const http = new Http.Agent()
      let made: Https.Agent | undefined
      return {
        agents: {
          [NodeHttpClient.HttpAgentTypeId]: NodeHttpClient.HttpAgentTypeId,
          http,
          get https() {
            return made ??= new Https.Agent()
          }
        } as const,
        destroy: () => {
          http.destroy()
          made?.destroy()
        }
      }
    }),
    ({ destroy }) => Effect.sync(destroy)
  ).pipe(Effect.map(({ agents }) => agents))
)
