/** The agent for an editor, or whatever else speaks the Agent Client Protocol to it through a pair of streams. */
import {
  agent as app,
  type AgentContext,
  ndJsonStream,
  type PermissionOption,
  RequestError
} from "@agentclientprotocol/sdk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Predicate from "effect/Predicate"
import * as Ref from "effect/Ref"
import * as AcpAgent from "./AcpAgent.ts"
import type { Presentation } from "./Telling.ts"
import type { About } from "./Tool.ts"

export interface Streams {
  readonly input: ReadableStream<Uint8Array>
  readonly output: WritableStream<Uint8Array>
}

const options: Array<PermissionOption> = [
  { optionId: "once", name: "Allow", kind: "allow_once" },
  { optionId: "always", name: "Always allow", kind: "allow_always" },
  { optionId: "no", name: "Reject", kind: "reject_once" }
]

/** Asks the person. What is always allowed, is so for calls of its kind in this session. */
const makePermit = Effect.map(Ref.make<ReadonlySet<string>>(new Set()), (allowed) => (client: AgentContext) => {
  const ask = (sessionId: string, toolCallId: string, { kind, locations, title }: About) =>
    Effect.promise(() =>
      client.request("session/request_permission", {
        sessionId,
        toolCall: { toolCallId, kind, locations, title },
        options
      }).then(({ outcome }) => outcome.outcome === "selected" ? outcome.optionId : "no", () => "no")
    )
  return Effect.fnUntraced(function*(sessionId: string, toolCallId: string, about: About) {
    const key = `${sessionId} ${about.kind}`
    if ((yield* Ref.get(allowed)).has(key)) return true
    const answer = yield* ask(sessionId, toolCallId, about)
    if (answer === "always") yield* Ref.update(allowed, (keys) => new Set(keys).add(key))
    return answer === "once" || answer === "always"
  })
})

/** Serves until the other side closes the connection. */
export const serve = Effect.fn("AcpServer.serve")(function*({ input, output }: Streams) {
  const run = yield* FiberSet.makeRuntimePromise()
  const permitOf = yield* makePermit
  const presentation = yield* Ref.make<Presentation>("text")
  const hasNotices = yield* Ref.make(false)
  const connected = yield* Deferred.make<AgentContext>()

  const handlers = yield* AcpAgent.make(Effect.gen(function*() {
    const client = yield* Deferred.await(connected)
    return {
      presentation: yield* Ref.get(presentation),
      hasNotices: yield* Ref.get(hasNotices),
      // a connection that is closed ends all of this
      update: (sessionId, update) =>
        Effect.ignore(Effect.tryPromise(() => client.notify("session/update", { sessionId, update }))),
      permit: permitOf(client)
    }
  }))

  const answer = <A>(effect: Effect.Effect<A, AcpAgent.RequestRefused>): Promise<A> =>
    run(Effect.mapError(effect, ({ code, message }) => new RequestError(code, message)))

  const connection = app({ name: "opentl" })
    .onRequest("initialize", ({ params: { clientCapabilities: can } }) =>
      answer(Effect.gen(function*() {
        if (can?._meta?.["terminal_output"] === true) yield* Ref.set(presentation, "terminal")
        if (Predicate.hasProperty(can?.session, "notices") && can.session.notices != null) {
          yield* Ref.set(hasNotices, true)
        }
        return yield* handlers.initialize()
      })))
    .onRequest("session/new", ({ params }) => answer(handlers.newSession(params)))
    .onRequest("session/load", ({ params }) => answer(handlers.loadSession(params)))
    .onRequest("session/resume", ({ params }) => answer(handlers.resumeSession(params)))
    .onRequest("session/set_mode", ({ params }) => answer(handlers.setMode(params)))
    .onRequest("session/prompt", ({ params }) => answer(handlers.prompt(params)))
    .onNotification("session/cancel", ({ params }) => run(handlers.cancel(params)))
    .connect(ndJsonStream(output, input))
  yield* Deferred.succeed(connected, connection.client)
  yield* Effect.promise(() => connection.closed)
})
