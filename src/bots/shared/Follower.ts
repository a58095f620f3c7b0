/**
 * Shows sessions in a chat: one loop a platform, which takes what the outbox says is to be told, folds the new events
 * into the watcher's view of the turn, and lets the platform make what stands in the chat match that view.
 *
 * At least once, and visible once: the cursor moves only after everything up to it stands in the chat, and what stands
 * is kept in the watcher's memo, so that a platform's `show` can be repeated. A turn's end is a border: all of a turn
 * stands before anything of the next one is shown. Between two looks events are merged; the last state is always shown.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { Sessions } from "../../actors/Sessions.ts"
import type { SessionEventView } from "../../domain/EventText.ts"
import type { SessionId } from "../../domain/Ids.ts"
import { optional } from "../../domain/Wire.ts"
import { EventBus } from "../../services/store/EventBus.ts"
import { type Delivery, Outbox } from "../../services/store/Outbox.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import { type ChatView, ShowImpossible, type Showing, ShowLater } from "./ChatPort.ts"
import * as TurnView from "./TurnView.ts"

export { type ChatView, ShowImpossible, type Showing, ShowLater }

const pageSize = 500
/** At most one look at a session in this time: so no message is edited more often. */
const rest = Duration.toMillis("1 second")
/** How often the elapsed time of a turn at work is brought up to date. */
const refreshEvery = Duration.toMillis("12 seconds")
/** Places told at the same time. */
const concurrency = 16
/** Watchers read from the outbox at once. */
const sweepSize = 500
const longestBackoff = Duration.toMillis("1 minute")

/** What is stored of a watcher beside the outbox's own cursor. `view` is the view after event `cursor`. */
const memoOf = <Own, OwnWire>(own: Schema.Schema<Own, OwnWire>) =>
  Schema.Struct({
    cursor: Schema.NonNegativeInt,
    view: TurnView.TurnView,
    own: optional(own),
    /** The turn that cannot be shown: the next one is tried again. */
    goneTurn: optional(Schema.Int)
  })

/** What this process remembers of a watcher; nothing of it is needed after a restart. */
interface Trace {
  readonly delivery: Delivery
  /** Not looked at before. */
  readonly notBefore: number
  /** When its elapsed time wants an edit; never where absent. */
  readonly refreshAt: number | undefined
}

/** A message that comes after a turn's end waits for the next turn: that one is shown as queued. */
const advance = (view: TurnView.TurnView, event: SessionEventView): TurnView.TurnView =>
  view.end !== undefined && event.detail?.["_tag"] === "MessageReceived"
    ? TurnView.begin(view.turn + 1, DateTime.toEpochMillis(event.createdAt))
    : TurnView.update(view, event)

/** Follows the outbox for a platform, for as long as it is let. */
export const follow = Effect.fn("ChatFollower.follow")(
  function*<Target, TargetWire, Own, OwnWire>(chat: ChatView<Target, TargetWire, Own, OwnWire>) {
    const bus = yield* EventBus
    const outbox = yield* Outbox
    const sessions = yield* Sessions
    const bell = yield* bus.listenAll
    const places = yield* FiberMap.make<string>()
    const permits = yield* Effect.makeSemaphore(concurrency)
    const traces = new Map<string, Trace>()
    const pausedUntil = yield* Ref.make(0)
    const Memo = memoOf(chat.own)
    type Memo = typeof Memo.Type
    const readMemo = Schema.decodeUnknownOption(Memo)
    const writeMemo = Schema.encodeSync(Memo)
    const readTarget = Schema.decodeUnknownOption(chat.target)

    /** The view after all stored events, or after the turn's end where that comes first. */
    const folded = Effect.fnUntraced(function*(id: SessionId, from: Memo) {
      let { cursor, view } = from
      for (;;) {
        const events = yield* sessions.eventsPage(id, cursor, pageSize)
        for (const event of events) {
          view = advance(view, event)
          cursor = event.id
          if (event.detail?.["_tag"] === "TurnEnded") return { cursor, view }
        }
        if (events.length < pageSize) return { cursor, view }
      }
    })

    const begun = (delivery: Delivery, now: number): Memo =>
      Option.getOrElse(readMemo(delivery.memo), () => ({ cursor: 0, view: TurnView.begin(1, now) }))

    const deliver = Effect.fnUntraced(function*(delivery: Delivery, target: Target, isRefresh: boolean) {
      const now = yield* Clock.currentTimeMillis
      const before = begun(delivery, now)
      const after = yield* folded(delivery.sessionId, before)
      const own = yield* Ref.make(before.own)
      const keep = (base: Pick<Memo, "cursor" | "goneTurn" | "view">) =>
        Effect.gen(function*() {
          const kept = yield* Ref.get(own)
          const memo = writeMemo(kept === undefined ? base : { ...base, own: kept })
          yield* outbox.keep(delivery, memo)
          const keptAt = yield* Clock.currentTimeMillis
          traces.set(nameOf(delivery), {
            delivery: { ...delivery, memo, told: base.cursor },
            notBefore: keptAt + rest,
            refreshAt: traces.get(nameOf(delivery))?.refreshAt
          })
        })
      const { goneTurn, ...base } = before
      const told = { cursor: after.cursor, view: after.view }
      if (goneTurn === after.view.turn) {
        yield* keep({ ...told, goneTurn })
      } else if (after.cursor > before.cursor || isRefresh) {
        yield* chat.show({
          sessionId: delivery.sessionId,
          target,
          own: before.own,
          view: after.view,
          now,
          isRefresh: isRefresh && after.cursor === before.cursor,
          keep: (changed) => Effect.zipRight(Ref.set(own, changed), keep(base))
        }).pipe(
          Effect.zipRight(keep(told)),
          Effect.catchTag("ShowImpossible", (error) =>
            Effect.zipRight(
              Effect.logWarning(`${delivery.watcher} cannot be told of this turn: ${error.reason}`),
              keep({ ...told, goneTurn: after.view.turn })
            ))
        )
      }
      if (!isRefresh || after.cursor > before.cursor) yield* outbox.told(delivery, after.cursor)
      const isAtWork = after.view.end === undefined && !after.view.waiting
      const trace = traces.get(nameOf(delivery))
      if (trace !== undefined) {
        traces.set(nameOf(delivery), { ...trace, refreshAt: isAtWork ? now + refreshEvery : undefined })
      }
    })

    const later = Effect.fnUntraced(function*(delivery: Delivery, error: ShowLater | StoreError) {
      const now = yield* Clock.currentTimeMillis
      const backoff = Math.min(longestBackoff, 1000 * 2 ** Math.min(delivery.attempts, 10))
      const wait = error._tag === "ShowLater" ? error.millis ?? backoff : backoff
      if (error._tag === "ShowLater" && error.everyone) {
        yield* Ref.update(pausedUntil, (until) => Math.max(until, now + wait))
      }
      const trace = traces.get(nameOf(delivery))
      // the elapsed time of a turn is not worth a second try: the next refresh comes anyway
      const refreshAt = trace?.refreshAt === undefined ? undefined : now + Math.max(wait, refreshEvery)
      traces.set(nameOf(delivery), { delivery: trace?.delivery ?? delivery, notBefore: now + wait, refreshAt })
      if (error._tag === "ShowLater" && error.millis !== undefined) return
      yield* outbox.defer(delivery, wait, true)
    })

    const attempt = (delivery: Delivery, isRefresh: boolean) =>
      Effect.gen(function*() {
        const target = readTarget(delivery.target)
        const isReadable = isFresh(delivery) || Option.isSome(readMemo(delivery.memo))
        if (Option.isNone(target) || !isReadable) {
          yield* Effect.logError(`${delivery.watcher}: what is stored of it cannot be read, so nothing is told there`)
          return yield* outbox.told(delivery, delivery.head)
        }
        return yield* permits.withPermits(1)(deliver(delivery, target.value, isRefresh))
      }).pipe(
        Effect.catchTags({
          SessionNotFound: () => outbox.told(delivery, delivery.head),
          ShowLater: (error) =>
            Effect.zipRight(
              error.millis === undefined ? Effect.logDebug(`${delivery.watcher}: ${error.reason}`) : Effect.void,
              later(delivery, error)
            ),
          StoreError: (error) => Effect.zipRight(Effect.logError(error.message, error.cause), later(delivery, error))
        }),
        // a fault of ours in one place must not silence the others
        Effect.catchAllCause((cause) =>
          Effect.zipRight(
            Effect.logError(`${delivery.watcher}: telling failed`, cause),
            Effect.ignoreLogged(outbox.defer(delivery, longestBackoff, true))
          )
        ),
        Effect.annotateLogs({ sessionId: delivery.sessionId })
      )

    const placeOf = (delivery: Delivery) =>
      chat.placeOf === undefined
        ? delivery.watcher
        : Option.match(readTarget(delivery.target), { onNone: () => delivery.watcher, onSome: chat.placeOf })

    const sweep = Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      if (now < (yield* Ref.get(pausedUntil))) return
      for (const [name, trace] of traces) {
        if (trace.refreshAt === undefined && trace.notBefore + longestBackoff < now) traces.delete(name)
      }
      const isRested = (delivery: Delivery) => (traces.get(nameOf(delivery))?.notBefore ?? 0) <= now
      const due = (yield* outbox.due(chat.platform, sweepSize)).filter(isRested)
      const isDue = new Set(due.map(nameOf))
      const aged = [...traces.entries()]
        .filter(([name, trace]) => !isDue.has(name) && trace.notBefore <= now && (trace.refreshAt ?? Infinity) <= now)
        .map(([, trace]) => trace.delivery)
      // who waited longest comes first: with a small budget everyone gets a share
      const shownAt = (delivery: Delivery) => traces.get(nameOf(delivery))?.notBefore ?? 0
      const tasks = [
        ...[...due].sort((a, b) => shownAt(a) - shownAt(b)).map((delivery) => ({ delivery, isRefresh: false })),
        ...aged.sort((a, b) => shownAt(a) - shownAt(b)).map((delivery) => ({ delivery, isRefresh: true }))
      ]
      const byPlace = Arr.groupBy(tasks, (task) => placeOf(task.delivery))
      for (const [place, here] of Object.entries(byPlace)) {
        yield* FiberMap.run(
          places,
          place,
          Effect.forEach(here, ({ delivery, isRefresh }) => attempt(delivery, isRefresh), { discard: true }),
          { onlyIfMissing: true }
        )
      }
    }).pipe(
      Effect.catchTag("StoreError", (error) => Effect.logError(error.message, error.cause)),
      Effect.catchAllCause((cause) => Effect.logError(`${chat.platform}: the outbox cannot be told`, cause))
    )

    // a ring, or a second without one; then what rang meanwhile is one look
    const round = Effect.gen(function*() {
      yield* Effect.timeoutOption(Queue.take(bell), "1 second")
      yield* Effect.sleep("100 millis")
      yield* Queue.takeAll(bell)
      yield* sweep
    })
    yield* sweep
    return yield* Effect.forever(round)
  }
)

const nameOf = (delivery: Delivery): string => `${delivery.sessionId} ${delivery.watcher}`

/** Nothing was told yet. */
const isFresh = (delivery: Delivery): boolean =>
  typeof delivery.memo === "object" && delivery.memo !== null && Object.keys(delivery.memo).length === 0
