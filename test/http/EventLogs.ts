/** Sessions with a log that a test makes up, and what is sent of it. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Sessions } from "../../src/actors/sessions/Sessions.ts"
import type { SessionEventView } from "../../src/domain/EventText.ts"
import { type Session, SessionNotFound } from "../../src/domain/Session.ts"
import { MessageReceived, PlanSkipped } from "../../src/domain/SessionEvent.ts"
import type { StoreError } from "../../src/services/store/StoreError.ts"
import { eventView, turnEnded } from "../support/Events.ts"
import { id, session } from "./TestServer.ts"

export const stored = [
  eventView(1, PlanSkipped.make({ turn: 1, reason: "two\nlines" })),
  eventView(2, MessageReceived.make({ messageId: "m1", text: "hello", by: { name: "ci", via: "http" } })),
  turnEnded(3, "complete", "https://example.com/pull/1")
]

/** Sessions with one log: `live` is what comes after what is stored. */
export const sessionsOf = (
  events: ReadonlyArray<SessionEventView>,
  fields: Partial<Session> = {},
  live: Stream.Stream<SessionEventView, StoreError> = Stream.empty
): Partial<Context.Tag.Service<Sessions>> => ({
  get: (asked) =>
    asked === id
      ? Effect.succeed(session({ lastEventId: events.length, ...fields }))
      : new SessionNotFound({ id: asked }),
  events: (_, after) => Stream.concat(Stream.fromIterable(events.filter((event) => event.id > after)), live),
  eventsPage: (asked, after, limit) =>
    asked === id
      ? Effect.succeed(events.filter((event) => event.id > after).slice(0, limit))
      : new SessionNotFound({ id: asked })
})

export const outer = (event: SessionEventView) => ({
  id: event.id,
  session_id: id,
  type: event.type,
  data: event.data,
  created_at: "1970-01-01T00:00:00.000Z",
  ...(event.detail === undefined ? {} : { detail: event.detail })
})
