/** The agents of a server, over HTTP. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ListedAgent } from "../domain/AgentInfo.ts"
import { reasonOf, requestsTo, type Server, ServerRefused, ServerUnreachable } from "./ApiClient.ts"

const decode = Schema.decodeUnknown(Schema.Array(ListedAgent))

const refusals: Readonly<Record<number, string>> = {
  401: "the token is missing or unknown (set OPENTL_API_TOKEN, or use the data directory's token file)",
  404: "it is an earlier version, which does not list its agents"
}

/**
 * What the server has. Fails with `ServerUnreachable` if no server answers, and with `ServerRefused` if it does not accept the
 * token, or has no such list.
 */
export const list = Effect.fn("AgentsClient.list")(
  function*(server: Server) {
    const { url } = server
    const client = requestsTo(yield* HttpClient.HttpClient, server)
    const refused = (reason: string) => new ServerRefused({ url, reason })
    const away = (error: unknown) => new ServerUnreachable({ url, reason: reasonOf(error) })
    const response = yield* Effect.mapError(client.get("/api/agents"), away)
    if (response.status !== 200) {
      return yield* refused(
        refusals[response.status] ?? `it answered with status ${response.status} instead of its agents`
      )
    }
    const body = yield* Effect.mapError(response.json, away)
    return yield* Effect.mapError(decode(body), () => refused("its list of agents cannot be read"))
  },
  Effect.scoped
)
