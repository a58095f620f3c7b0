/** Feeds of the sessions that a test makes up: what their streams of events bring, as frames. */
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { Sessions } from "../../src/actors/sessions/Sessions.ts"
import * as EventFrame from "../../src/domain/EventFrame.ts"
import type { SessionEventView } from "../../src/domain/EventText.ts"
import type { SessionId } from "../../src/domain/Ids.ts"
import type { SessionNotFound } from "../../src/domain/Session.ts"
import { type EventFeed, EventFeeds } from "../../src/services/store/EventFeeds.ts"
import { StoreError } from "../../src/services/store/StoreError.ts"

/** The stored events are there at once; those of a stream that goes on come as they come. */
const open = (events: Stream.Stream<SessionEventView, SessionNotFound | StoreError>) =>
  Effect.gen(function*() {
    const known: Array<SessionEventView> = []
    const listeners = new Set<() => void>()
    let isOver = false
    let failure: StoreError | undefined
    const announce = () => listeners.forEach((call) => call())
    const last = () => known.at(-1)?.id ?? 0
    const block = (after: number) => {
      const later = known.filter((event) => event.id > after)
      const [first] = later
      return first === undefined
        ? undefined
        : { first: first.id, last: last(), bytes: Buffer.from(later.map(EventFrame.ofEvent).join("")) }
    }
    const begun = yield* Deferred.make<void>()
    yield* events.pipe(
      Stream.onStart(Deferred.succeed(begun, undefined)),
      Stream.runForEachChunk((chunk) =>
        Effect.sync(() => {
          known.push(...chunk)
          announce()
        })
      ),
      Effect.matchEffect({
        onFailure: (cause) =>
          Effect.sync(() => {
            failure = new StoreError({ operation: "read events", cause })
          }),
        onSuccess: () =>
          Effect.sync(() => {
            isOver = true
          })
      }),
      Effect.zipRight(Effect.sync(announce)),
      Effect.forkScoped
    )
    // what a test's stream does at its end happens only where it has begun
    yield* Deferred.await(begun)
    const feed: EventFeed = {
      last: () => failure === undefined ? last() : Infinity,
      isOver: () => isOver,
      held: block,
      want: (after, callback) => {
        const found = block(after)
        if (found !== undefined) callback(Either.right(found))
        else if (failure !== undefined) callback(Either.left(failure))
      },
      listen: (callback) => {
        listeners.add(callback)
        return () => void listeners.delete(callback)
      }
    }
    return feed
  })

export const layer = ({ events }: Partial<Context.Tag.Service<Sessions>>): Layer.Layer<EventFeeds> =>
  Layer.succeed(EventFeeds, { open: (id: SessionId) => open(events?.(id, 0) ?? Stream.empty) })
