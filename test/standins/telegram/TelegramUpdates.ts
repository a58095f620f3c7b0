/**
 * `getUpdates` as the Bot API has it: an offset forgets what is below it, a call waits up to its timeout, and of two
 * callers the later one gets the updates; the earlier one, where it waits, ends with a conflict.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { type JsonObject, numberAt } from "../slack/SlackJson.ts"
import { awaitSome } from "../slack/SlackWaiting.ts"
import { Refusal } from "./TelegramMethod.ts"
import type { TelegramState, TelegramUpdate } from "./TelegramState.ts"
import { jsonArgument } from "./TelegramText.ts"

/** The longest wait, in seconds. */
const maxTimeout = 50

const conflict = (reason: string) => new Refusal({ code: 409, description: `Conflict: ${reason}` })

const within = (value: number | undefined, otherwise: number, min: number, max: number) =>
  Math.min(Math.max(Math.trunc(value ?? otherwise), min), max)

/** The state after a poll begins: confirmed updates forgotten, the kinds asked for noted, the poll counted. */
const begun = (state: TelegramState, args: JsonObject): TelegramState => {
  const offset = numberAt(args, "offset") ?? 0
  const kinds = jsonArgument(args, "allowed_updates")
  const kept = offset < 0
    ? state.updates.slice(offset)
    : state.updates.filter((update) => update.update_id >= offset)
  return {
    ...state,
    // An empty list asks for the usual kinds; none given keeps what was asked for before.
    allowedUpdates: Array.isArray(kinds)
      ? kinds.length === 0 ? undefined : kinds.filter(Predicate.isString)
      : state.allowedUpdates,
    poll: state.poll + 1,
    updates: kept
  }
}

export const getUpdates = (
  ref: SubscriptionRef.SubscriptionRef<TelegramState>,
  args: JsonObject
): Effect.Effect<ReadonlyArray<TelegramUpdate>, Refusal> =>
  Effect.gen(function*() {
    const { webhook } = yield* SubscriptionRef.get(ref)
    if (webhook !== "") {
      return yield* Effect.fail(conflict(
        "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
      ))
    }
    const limit = within(numberAt(args, "limit"), 100, 1, 100)
    const timeout = within(numberAt(args, "timeout"), 0, 0, maxTimeout)
    const until = (yield* Clock.currentTimeMillis) + timeout * 1000
    const { poll } = yield* SubscriptionRef.updateAndGet(ref, (state) => begun(state, args))
    const ready = awaitSome(
      ref,
      (state) => state.poll !== poll || state.updates.length > 0 || state.webhook !== "" ? state : undefined
    )
    const left = until - (yield* Clock.currentTimeMillis)
    const state = yield* Effect.raceFirst(ready, Effect.zipRight(Effect.sleep(left), SubscriptionRef.get(ref)))
    return state.webhook !== ""
      ? yield* Effect.fail(conflict("terminated by setWebhook request"))
      : state.poll !== poll
      ? yield* Effect.fail(
        conflict("terminated by other getUpdates request; make sure that only one bot instance is running")
      )
      : state.updates.slice(0, limit)
  })
