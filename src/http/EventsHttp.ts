/** The route of a session's events: a stream that goes on where the client stopped, or a page. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Sessions } from "../actors/Sessions.ts"
import { SessionEventView } from "../domain/EventText.ts"
import type { SessionId } from "../domain/Ids.ts"
import { InvalidRequest } from "../domain/SessionRequest.ts"
import * as Accept from "./Accept.ts"
import { Api, type EventsGroup } from "./Api.ts"
import type { Authorization } from "./Authorization.ts"
import { Draining } from "./Draining.ts"
import * as HttpMetrics from "./HttpMetrics.ts"
import { sessionId } from "./SessionsHttp.ts"
import * as SseFrames from "./SseFrames.ts"

const heartbeat = "15 seconds"

const answerEvents = HttpServerResponse.schemaJson(Schema.Array(SessionEventView))

const gone = HttpServerResponse.empty({ status: 204 })

/** The id that the client has seen last; a reconnecting client's header is newer than its address. */
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

/** Answers the group, in this program's API or in one's own. */
export const handlers = <E, R>(group: HttpApiBuilder.Handlers.FromGroup<E, R, typeof EventsGroup>) =>
  Effect.gen(function*() {
    const sessions = yield* Sessions
    const draining = yield* Draining
    const encode = SseFrames.encoder()
    // known to whoever looks at the metrics, before the first client
    yield* Metric.incrementBy(HttpMetrics.eventClients, 0)
    yield* Metric.incrementBy(HttpMetrics.eventsSent, 0)

    // the first comes at once: it carries the headers out, however long the first event takes
    const beats = Stream.make(SseFrames.comment).pipe(
      Stream.concat(Stream.repeatEffect(Effect.delay(Effect.succeed(SseFrames.comment), heartbeat))),
      Stream.interruptWhen(draining)
    )

    const frames = (id: SessionId, after: number) =>
      sessions.events(id, after).pipe(
        Stream.mapChunksEffect((events) =>
          Effect.as(Metric.incrementBy(HttpMetrics.eventsSent, Chunk.size(events)), encode(events))
        ),
        Stream.tapErrorCause((cause) => Effect.logError("an event stream broke off", cause))
      )

    const counted = Effect.acquireRelease(
      Metric.increment(HttpMetrics.eventClients),
      () => Metric.incrementBy(HttpMetrics.eventClients, -1)
    )

    /** Nobody has seen an event that is not there: whoever says so has another session or another server in mind. */
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
        const body = Stream.merge(frames(id, after), beats, { haltStrategy: "either" })
        return HttpServerResponse.stream(Stream.unwrapScoped(Effect.as(counted, body)), {
          contentType: "text/event-stream",
          headers: { "cache-control": "no-cache", "x-accel-buffering": "no" }
        })
      }))
  })

export const layer: Layer.Layer<HttpApiGroup.ApiGroup<"opentl", "events">, never, Sessions | Authorization> =
  HttpApiBuilder.group(Api, "events", handlers)
