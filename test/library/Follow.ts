import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type SessionEventView, type SessionId, Sessions, StoreError } from "../../src/index.ts"

/** Handles every event after the cursor, once and in order, until the session has ended. A fault of the database is waited out. */
export const follow = <E, R>(
  id: SessionId,
  after: number,
  handle: (event: SessionEventView) => Effect.Effect<void, E, R>
) =>
  Effect.gen(function*() {
    const sessions = yield* Sessions
    const cursor = yield* Ref.make(after)
    const rest = Stream.unwrap(Effect.map(Ref.get(cursor), (seen) => sessions.events(id, seen)))
    yield* rest.pipe(
      Stream.retry(Schedule.spaced("1 second").pipe(Schedule.whileInput(Schema.is(StoreError)))),
      Stream.runForEach((event) => Effect.zipRight(handle(event), Ref.set(cursor, event.id)))
    )
  })
