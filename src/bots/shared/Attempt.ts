/**
 * One attempt to bring one watcher up to date: new events are folded into its view of the turn, the turn is shown, and
 * the cursor moves. At least once, and visible once: the cursor moves only after everything up to it is shown, and what
 * was posted is stored with each visible effect.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { Sessions } from "../../actors/sessions/Sessions.ts"
import { type Delivery, Outbox } from "../../services/store/Outbox.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import type { ChatFailure, ChatPort } from "./ChatPort.ts"
import { show } from "./Delivery.ts"
import * as DeliverySchedule from "./DeliverySchedule.ts"
import * as TurnView from "./TurnView.ts"
import * as Watching from "./Watching.ts"

/** Makes attempts on a platform. Each notes in the schedule when the next one is due, and none fails. */
export const make = Effect.fnUntraced(function*<Target, TargetWire, Content>(
  port: ChatPort<Target, TargetWire, Content>,
  schedule: Ref.Ref<DeliverySchedule.DeliverySchedule>
) {
  const outbox = yield* Outbox
  const sessions = yield* Sessions
  const readTarget = Schema.decodeUnknownOption(port.target)
  const readEarlier = port.readEarlier ?? (() => Option.none())

  const keep = Effect.fnUntraced(function*(delivery: Delivery, watching: Watching.Watching) {
    const memo = Watching.write(watching)
    yield* outbox.keep(delivery, memo)
    const now = yield* Clock.currentTimeMillis
    yield* Ref.update(schedule, DeliverySchedule.kept({ ...delivery, memo, told: watching.cursor }, now))
  })

  /** Shows what is new in the turn, and stores that it is shown. */
  const showNews = Effect.fnUntraced(function*(
    { delivery, isRefresh }: DeliverySchedule.Task,
    target: Target,
    before: Watching.Watching,
    told: Pick<Watching.Watching, "cursor" | "view">,
    now: number
  ) {
    const { goneTurn: _, ...base } = before
    const posted = yield* Ref.make(before.posted)
    const withPosted = (watching: Watching.Watching) =>
      Effect.map(Ref.get(posted), (posted) => posted === undefined ? watching : { ...watching, posted })
    const all = Effect.flatMap(withPosted(told), (watching) => keep(delivery, watching))
    yield* show(port, {
      sessionId: delivery.sessionId,
      target,
      posted: before.posted,
      view: told.view,
      now,
      isRefresh: isRefresh && told.cursor === before.cursor,
      keep: (changed) =>
        Ref.set(posted, changed).pipe(
          Effect.zipRight(withPosted(base)),
          Effect.flatMap((watching) => keep(delivery, watching))
        )
    }).pipe(
      Effect.zipRight(all),
      Effect.catchIf(
        (error) => error._tag === "ChatFailure" && !error.isRetryable,
        (error) =>
          Effect.logWarning(`${delivery.watcher} this turn cannot be shown there: ${error.message}`).pipe(
            Effect.zipRight(withPosted({ ...told, goneTurn: told.view.turn })),
            Effect.flatMap((watching) => keep(delivery, watching))
          )
      )
    )
  })

  const tell = Effect.fnUntraced(function*(task: DeliverySchedule.Task, target: Target, before: Watching.Watching) {
    const { delivery, isRefresh } = task
    const now = yield* Clock.currentTimeMillis
    const told = yield* Watching.advance(sessions, delivery.sessionId, before)
    const isNews = told.cursor > before.cursor
    if (before.goneTurn === told.view.turn) {
      yield* keep(delivery, { ...before, ...told })
    } else if (isNews || isRefresh) {
      yield* showNews(task, target, before, told, now)
    }
    if (isNews || !isRefresh) yield* outbox.told(delivery, told.cursor)
    const isAtWork = told.view.end === undefined && !TurnView.waits(told.view)
    yield* Ref.update(schedule, DeliverySchedule.shown(delivery, isAtWork, now))
  })

  const postpone = Effect.fnUntraced(function*(delivery: Delivery, error: ChatFailure | StoreError) {
    const now = yield* Clock.currentTimeMillis
    const known = error._tag === "ChatFailure" ? error.retryAfterMillis : undefined
    const wait = DeliverySchedule.waitAfter(delivery, known)
    if (error._tag === "ChatFailure" && error.isForEveryone) {
      yield* Ref.update(schedule, DeliverySchedule.paused(wait, now))
    }
    yield* Ref.update(schedule, DeliverySchedule.postponed(delivery, wait, now))
    if (known === undefined) yield* outbox.defer(delivery, wait, true)
  })

  return (task: DeliverySchedule.Task) =>
    Effect.gen(function*() {
      const { delivery } = task
      const target = readTarget(delivery.target)
      const before = Watching.read(delivery, readEarlier, yield* Clock.currentTimeMillis)
      if (Option.isSome(target) && Option.isSome(before)) return yield* tell(task, target.value, before.value)
      yield* Effect.logError(`${delivery.watcher}: its stored state cannot be read, so nothing is shown there`)
      yield* outbox.told(delivery, delivery.head)
    }).pipe(
      Effect.catchTags({
        SessionNotFound: () => outbox.told(task.delivery, task.delivery.head),
        ChatFailure: (error) =>
          Effect.zipRight(
            error.retryAfterMillis === undefined
              ? Effect.logDebug(`${task.delivery.watcher}: ${error.reason}`)
              : Effect.void,
            postpone(task.delivery, error)
          ),
        StoreError: (error) =>
          Effect.zipRight(Effect.logError(error.message, error.cause), postpone(task.delivery, error))
      }),
      // a bug that affects one watcher must not silence the others
      Effect.catchAllCause((cause) =>
        Effect.zipRight(
          Effect.logError(`${task.delivery.watcher}: delivery failed`, cause),
          Effect.ignoreLogged(outbox.defer(task.delivery, DeliverySchedule.longestBackoff, true))
        )
      ),
      Effect.annotateLogs({ sessionId: task.delivery.sessionId })
    )
})
