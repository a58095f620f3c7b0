/**
 * The clients of event streams. Periodic work (a comment that keeps the connection open, ending the streams at
 * shutdown) is done for all at once: a client costs one fiber, which sleeps until there is an event for it.
 */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { ServerResponse } from "node:http"
import * as BackgroundTasks from "../services/support/BackgroundTasks.ts"
import { Draining } from "./Draining.ts"
import * as HttpMetrics from "./HttpMetrics.ts"
import * as SseFrames from "./SseFrames.ts"

const heartbeat = "15 seconds"

interface Client {
  readonly response: ServerResponse
  /** Writes the stream; when interrupted, it ends the response in an orderly way. */
  readonly fiber: Fiber.RuntimeFiber<unknown, unknown>
}

export interface EventClients {
  /** Registers the current fiber as the writer of a request's event stream, for the lifetime of the scope. */
  readonly join: (request: HttpServerRequest.HttpServerRequest) => Effect.Effect<ServerResponse, never, Scope.Scope>
}

export const make: Effect.Effect<EventClients, never, Scope.Scope> = Effect.gen(function*() {
  // when mounted in another server, there may be none
  const tasks = yield* Effect.flatMap(
    Effect.serviceOption(BackgroundTasks.BackgroundTasks),
    Option.match({ onNone: () => BackgroundTasks.make, onSome: Effect.succeed })
  )
  const draining = yield* Draining
  const clients = new Set<Client>()
  let isDraining = false
  // the metric exists before the first client
  yield* Metric.incrementBy(HttpMetrics.eventClients, 0)

  const leave = (client: Client) =>
    Effect.suspend(() => {
      clients.delete(client)
      return Metric.incrementBy(HttpMetrics.eventClients, -1)
    })

  const join = (request: HttpServerRequest.HttpServerRequest) =>
    Effect.acquireRelease(
      Effect.withFiberRuntime<Client>((fiber) => {
        const client: Client = { fiber, response: NodeHttpServerRequest.toServerResponse(request) }
        clients.add(client)
        return Effect.as(Metric.increment(HttpMetrics.eventClients), client)
      }),
      leave
    ).pipe(
      Effect.tap(({ fiber }) => isDraining ? Fiber.interruptFork(fiber) : Effect.void),
      Effect.map(({ response }) => response)
    )

  // a slow reader has enough to read
  const beat = Effect.sync(() => {
    for (const { response } of clients) {
      if (!response.writableNeedDrain && !response.writableEnded && !response.destroyed) {
        response.write(SseFrames.comment)
      }
    }
  })
  const end = Effect.suspend(() => {
    isDraining = true
    return Effect.forEach(clients, ({ fiber }) => Fiber.interruptFork(fiber), { discard: true })
  })
  yield* tasks.run(
    "event streams",
    Effect.raceFirst(Effect.forever(Effect.delay(beat, heartbeat)), Effect.zipRight(draining, end))
  )
  return { join }
})
