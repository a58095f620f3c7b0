/**
 * Shows sessions on a platform while the bot runs. It waits for a ring, asks the schedule who is due, and makes an
 * attempt at each: concurrently, but one after the other within a lane. Events between two attempts are merged; the
 * final state is always shown.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { EventBus } from "../../services/store/EventBus.ts"
import { type Delivery, Outbox } from "../../services/store/Outbox.ts"
import * as Attempt from "./Attempt.ts"
import type { ChatPort } from "./ChatPort.ts"
import * as DeliverySchedule from "./DeliverySchedule.ts"

/** How many attempts run concurrently. */
const concurrency = 16
/** How many watchers are read from the outbox at a time. */
const pageSize = 500

/** Follows the outbox for a platform. Never ends by itself. */
export const follow = Effect.fn("Follower.follow")(
  function*<Target, TargetWire, Content>(port: ChatPort<Target, TargetWire, Content>) {
    const bell = yield* Effect.flatMap(EventBus, (bus) => bus.listenAll)
    const outbox = yield* Outbox
    const schedule = yield* Ref.make(DeliverySchedule.empty)
    const attempt = yield* Attempt.make(port, schedule)
    const lanes = yield* FiberMap.make<string>()
    const permits = yield* Effect.makeSemaphore(concurrency)
    const readTarget = Schema.decodeUnknownOption(port.target)
    const laneOf = ({ target, watcher }: Delivery) =>
      port.laneOf === undefined
        ? watcher
        : Option.match(readTarget(target), { onNone: () => watcher, onSome: port.laneOf })

    const look = Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      if (DeliverySchedule.isPaused(yield* Ref.get(schedule), now)) return
      const behind = yield* outbox.due(port.platform, pageSize)
      const present = yield* Ref.updateAndGet(schedule, DeliverySchedule.tidied(now))
      const byLane = Arr.groupBy(DeliverySchedule.due(present, behind, now), ({ delivery }) => laneOf(delivery))
      yield* Effect.forEach(Object.entries(byLane), ([lane, tasks]) =>
        FiberMap.run(
          lanes,
          lane,
          Effect.forEach(tasks, (task) => permits.withPermits(1)(attempt(task)), { discard: true }),
          { onlyIfMissing: true }
        ), { discard: true })
    }).pipe(
      Effect.catchTag("StoreError", (error) => Effect.logError(error.message, error.cause)),
      Effect.catchAllCause((cause) => Effect.logError(`${port.platform}: the outbox cannot be read`, cause))
    )

    // look once a second even without a ring; rings in quick succession are one look
    const wait = Effect.timeoutOption(Queue.take(bell), "1 second").pipe(
      Effect.zipRight(Effect.sleep("100 millis")),
      Effect.zipRight(Queue.takeAll(bell))
    )
    return yield* Effect.forever(Effect.zipRight(look, wait))
  }
)
