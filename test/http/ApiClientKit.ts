/** Clients of the real HTTP edge. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Sessions } from "../../src/actors/sessions/Sessions.ts"
import * as ApiClient from "../../src/http/ApiClient.ts"
import { serve, token } from "./TestServer.ts"

/** The sessions that a server has. */
export type Service = Context.Tag.Service<Sessions>

/** A client of a server that is at the address. */
export const connect = (url: string, given = token) =>
  Effect.map(Layer.build(ApiClient.layer({ url, token: Option.some(Redacted.make(given)) })), Context.get(Sessions))

/** A client of a server before the given sessions. */
export const remote = (sessions: Partial<Service>) =>
  Effect.flatMap(
    serve({ list: () => Effect.succeed({ sessions: [], hasMore: false }), ...sessions }),
    ({ url }) => connect(url)
  )
