/** What is stored of a watcher: up to which event its turn is shown, and what was posted of it. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Sessions } from "../../actors/sessions/Sessions.ts"
import type { SessionId } from "../../domain/Ids.ts"
import { optional } from "../../domain/Wire.ts"
import type { Delivery } from "../../services/store/Outbox.ts"
import { Posted } from "./Posted.ts"
import * as TurnView from "./TurnView.ts"

export const Watching = Schema.Struct({
  /** `view` is the view after this event. */
  cursor: Schema.NonNegativeInt,
  view: TurnView.TurnView,
  posted: optional(Posted),
  /** The turn that cannot be shown; the next one is tried again. */
  goneTurn: optional(Schema.Int)
})
export type Watching = typeof Watching.Type

export const write = Schema.encodeSync(Watching)

const readPresent = Schema.decodeUnknownOption(Watching)

/** Earlier versions stored what was posted under this name, each platform in a form of its own. */
const Earlier = Schema.Struct({ own: Schema.Unknown })
const readEarlier = Schema.decodeUnknownOption(Earlier)

/** Nothing was told yet. */
const isFresh = ({ memo }: Delivery): boolean =>
  typeof memo === "object" && memo !== null && Object.keys(memo).length === 0

/** What is stored; none where it cannot be read. `readPosted` reads what earlier versions stored of what was posted. */
export const read = (
  delivery: Delivery,
  readPosted: (stored: unknown) => Option.Option<Posted>,
  now: number
): Option.Option<Watching> => {
  if (isFresh(delivery)) return Option.some({ cursor: 0, view: TurnView.begin(1, now) })
  const watching = readPresent(delivery.memo)
  const earlier = readEarlier(delivery.memo)
  return Option.isNone(earlier) || earlier.value.own === undefined
    ? watching
    : Option.zipWith(watching, readPosted(earlier.value.own), (present, posted) => ({ ...present, posted }))
}

const pageSize = 500

/** The view after all stored events, or after the turn's end where that comes first: a turn is shown whole. */
export const advance = Effect.fnUntraced(
  function*(sessions: Context.Tag.Service<Sessions>, id: SessionId, from: Pick<Watching, "cursor" | "view">) {
    let { cursor, view } = from
    for (;;) {
      const events = yield* sessions.eventsPage(id, cursor, pageSize)
      for (const event of events) {
        view = TurnView.advance(view, event)
        cursor = event.id
        if (TurnView.isEnd(event)) return { cursor, view }
      }
      if (events.length < pageSize) return { cursor, view }
    }
  }
)
