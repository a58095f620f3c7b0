/** The route of a session's events: a stream that continues where the client stopped, or a page. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schema from "effect/Schema"
import { Sessions } from "../actors/sessions/Sessions.ts"
import { SessionEventView } from "../domain/EventText.ts"
import type { SessionId } from "../domain/Ids.ts"
import { InvalidRequest } from "../domain/SessionRequest.ts"
import { EventFeeds } from "../services/store/EventFeeds.ts"
import { BackgroundTasks } from "../services/support/BackgroundTasks.ts"
import * as Accept from "./Accept.ts"
import { Api, type EventsGroup } from "./Api.ts"
import type { Authorization } from "./Authorization.ts"
import * as EventClients from "./EventClients.ts"
import { FairScheduler } from "./FairScheduler.ts"
import * as HttpMetrics from "./HttpMetrics.ts"
import { sessionId } from "./SessionsHttp.ts"

const answerEvents = HttpServerResponse.schemaJson(Schema.Array(SessionEventView))

const gone = HttpServerResponse.empty({ status: 204 })

/** What `EventClients` goes on with, except for HEAD. */
const opened = HttpServerResponse.empty({
  status: 200,
  headers: { "content-type": "text/event-stream", "cache-control": "no-cache", "x-accel-buffering": "no" }
})

/** The id of the last event that the client saw. A reconnecting client's header is newer than its URL. */
const cursor = (
  headers: { readonly "last-event-id"?: string },
  query: { readonly after?: string }
): Effect.Effect<number, InvalidRequest> => {
  const lastEventId = headers["last-event-id"]?.trim() ?? ""
  const [name, text] = lastEventId === ""
    ? ["after", query.after ?? "0"] as const
    : ["Last-Event-ID", lastEventId] as const
  return /^\d{1,15}$/.test(text)
    ? Effect.succeed(Number(text))
    : new InvalidRequest({ reason: `"${name}" must be the id of an event: 0, 1, 2, …` })
}

/** Implements the group, in this program's API or another one. */
export const handlers = <E, R>(group: HttpApiBuilder.Handlers.FromGroup<E, R, typeof EventsGroup>) =>
  Effect.gen(function*() {
    const sessions = yield* Sessions
    const clients = yield* EventClients.make
    const scheduler = yield* FairScheduler
    const feeds = yield* EventFeeds
    yield* Metric.incrementBy(HttpMetrics.eventsSent, 0)

    /** Rejects a cursor beyond the newest event: the client means another session or another server. */
    const exists = (id: SessionId, event: number) =>
      Effect.map(sessions.eventsPage(id, event - 1, 1), ([found]) => found?.id === event)

    return group.handleRaw("events", ({ headers, path, urlParams }) =>
      Effect.gen(function*() {
        const id = yield* sessionId(path.id)
        const after = yield* cursor(headers, urlParams)
        if (Accept.prefers(headers.accept, "application/json", "text/event-stream")) {
          const events = yield* sessions.eventsPage(id, after, urlParams.limit ?? 200)
          return yield* Effect.orDie(answerEvents(events))
        }
        const session = yield* sessions.get(id)
        if (session.isEnded && session.lastEventId <= after) return gone
        if (after > session.lastEventId && !(yield* exists(id, after))) {
          return yield* new InvalidRequest({
            reason: `session ${id} has no event ${after}: its newest is ${session.lastEventId}`
          })
        }
        // what follows the session for this client runs in turns with everything else
        yield* FiberRef.set(FiberRef.currentScheduler, scheduler)
        const { method } = yield* HttpServerRequest.HttpServerRequest
        if (method !== "HEAD") yield* clients.join(feeds.open(id), after)
        return opened
      }))
  })

export const layer: Layer.Layer<
  HttpApiGroup.ApiGroup<"opentl", "events">,
  never,
  Sessions | EventFeeds | Authorization
> = Layer
  .provide(HttpApiBuilder.group(Api, "events", handlers), BackgroundTasks.layer)
