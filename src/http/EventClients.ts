/**
 * The clients of event streams. Each is its response, and an entry here: no fiber waits for it, and periodic work (a
 * comment that keeps the connection open, ending the streams at shutdown) is done for all at once.
 */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { ServerResponse } from "node:http"
import type { EventFeed } from "../services/store/EventFeeds.ts"
import { logStoreError } from "../services/store/StoreError.ts"
import * as BackgroundTasks from "../services/support/BackgroundTasks.ts"
import { Draining } from "./Draining.ts"
import * as EventWriter from "./EventWriter.ts"
import { FairScheduler } from "./FairScheduler.ts"
import * as HttpMetrics from "./HttpMetrics.ts"
import * as ResponseHandover from "./ResponseHandover.ts"
import * as SseFrames from "./SseFrames.ts"

const heartbeat = "15 seconds"

interface Client {
  readonly response: ServerResponse
  /** Ends the response in an orderly way. */
  readonly end: () => void
}

export interface EventClients {
  /**
   * Makes the client of the current request a reader of the feed, from the event after `after` on. The response is
   * written once its headers are, and the feed is open until it ends or the client goes away.
   */
  readonly join: <E, R>(
    feed: Effect.Effect<EventFeed, E, R>,
    after: number
  ) => Effect.Effect<void, E, Exclude<R, Scope.Scope> | HttpServerRequest.HttpServerRequest>
}

export const make: Effect.Effect<EventClients, never, Scope.Scope> = Effect.gen(function*() {
  // when mounted in another server, there may be none
  const tasks = yield* Effect.flatMap(
    Effect.serviceOption(BackgroundTasks.BackgroundTasks),
    Option.match({ onNone: () => BackgroundTasks.make, onSome: Effect.succeed })
  )
  const draining = yield* Draining
  const scheduler = yield* FairScheduler
  const runFork = yield* FiberSet.makeRuntime()
  const run = (effect: Effect.Effect<void>) => void runFork(Effect.uninterruptible(effect), { scheduler })
  const clients = new Set<Client>()
  let isDraining = false
  // the metric exists before the first client
  yield* Metric.incrementBy(HttpMetrics.eventClients, 0)

  const add = (response: ServerResponse, feed: EventFeed, scope: Scope.CloseableScope, after: number) => {
    let stop: (() => void) | undefined
    const leave = () => {
      if (!clients.delete(client)) return
      stop?.()
      response.off("close", leave)
      HttpMetrics.eventClients.unsafeModify(-1, [])
      run(Scope.close(scope, Exit.void))
    }
    const end = () => {
      leave()
      response.end()
    }
    const client: Client = { response, end }
    clients.add(client)
    HttpMetrics.eventClients.unsafeModify(1, [])
    if (response.destroyed) return leave()
    response.on("close", leave)
    ResponseHandover.take(response, () => {
      if (isDraining || !clients.has(client)) return end()
      // at once: it flushes the headers, however long the first event takes
      response.write(SseFrames.comment)
      stop = EventWriter.write({
        feed,
        response,
        after,
        scheduler,
        onDone: (result) => {
          if (Either.isLeft(result)) run(logStoreError(result.left))
          end()
        }
      })
    })
  }

  const join = <E, R>(feed: Effect.Effect<EventFeed, E, R>, after: number) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const response = NodeHttpServerRequest.toServerResponse(yield* HttpServerRequest.HttpServerRequest)
        const scope = yield* Scope.make()
        const opened = yield* restore(Scope.extend(feed, scope)).pipe(
          Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
        )
        add(response, opened, scope, after)
      })
    )

  // a slow reader has enough to read
  const beat = Effect.sync(() => {
    for (const { response } of clients) {
      if (response.headersSent && !response.writableNeedDrain && !response.writableEnded && !response.destroyed) {
        response.write(SseFrames.comment)
      }
    }
  })
  const endAll = Effect.sync(() => {
    isDraining = true
    for (const { end, response } of clients) if (response.headersSent) end()
  })
  yield* Effect.addFinalizer(() => endAll)
  yield* tasks.run(
    "event streams",
    Effect.raceFirst(Effect.forever(Effect.delay(beat, heartbeat)), Effect.zipRight(draining, endAll))
  )
  return { join }
})
