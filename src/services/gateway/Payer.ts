/**
 * Pays for a session's model calls: combines its account, the records of running calls on disk, and the session's log.
 */
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { BudgetExhausted } from "../../domain/Budget.ts"
import type { DayAccount, DayBudgetSpent, DayBudgetUnknown } from "../../domain/DayAccount.ts"
import type { SessionId } from "../../domain/Ids.ts"
import type { Usage } from "../../domain/Usage.ts"
import * as ModelPrice from "../model/ModelPrice.ts"
import * as Account from "./Account.ts"
import * as CallRequest from "./CallRequest.ts"
import type { SessionCalls } from "./OpenCalls.ts"
import * as Settlement from "./Settlement.ts"

/** One model call for the session's log. */
export interface GatewayReport {
  readonly model: string
  readonly usage: Usage
  /** Whether the provider did not report the complete usage. */
  readonly estimated: boolean
  /** The ids of its records of running calls, if it has one. */
  readonly calls?: ReadonlyArray<string>
}

/** Nobody can record a call now: it is left to the session's next owner. */
export class UsageNotRecorded extends Schema.TaggedError<UsageNotRecorded>()("UsageNotRecorded", {}) {
  override get message() {
    return "A model call's cost could not be recorded."
  }
}

/** The rest of the budget did not become free in time. */
export class BudgetBusy extends Schema.TaggedError<BudgetBusy>()("BudgetBusy", {}) {
  override get message() {
    return "Other calls may use up the rest of the budget; try again when they have finished."
  }
}

/** A call that was let out. */
export interface PaidCall {
  /** Counts and records the call. Call once. */
  readonly settle: (
    model: string,
    price: ModelPrice.Price | undefined,
    tokens: ModelPrice.Tokens,
    estimated: boolean
  ) => Effect.Effect<void>
}

export interface Payer {
  readonly session: SessionId
  /** Whether the session has a budget: each call's price and size must then be known before it goes out. */
  readonly isLimited: boolean
  readonly isExhausted: Effect.Effect<boolean>
  /**
   * Waits until a call may go out, with the most that it can cost reserved. A call that is not settled when the scope
   * closes has cost nothing. Nothing is known yet about a streamed call.
   */
  readonly letOut: (
    call: CallRequest.CallRequest | undefined,
    price: ModelPrice.Price | undefined
  ) => Effect.Effect<PaidCall, BudgetExhausted | BudgetBusy | DayBudgetSpent | DayBudgetUnknown, Scope.Scope>
}

/** How long a call waits for other calls' reservations. */
const longestWait = "10 minutes"

export interface PayerOptions {
  readonly session: SessionId
  readonly remainingUsd: number | undefined
  readonly onUsage: (report: GatewayReport) => Effect.Effect<void, UsageNotRecorded>
  readonly openCalls: SessionCalls
  /** The records of running calls that are in the log. */
  readonly counted?: ReadonlyArray<string> | undefined
  /** The account of all sessions, if there is one. */
  readonly day?: DayAccount | undefined
}

/** Calls that a killed server left running are counted first, as abandoned at that time. */
export const make = Effect.fnUntraced(function*(options: PayerOptions) {
  const { counted, day, onUsage, openCalls, remainingUsd, session } = options
  let left = remainingUsd
  yield* openCalls.takeOver((call, seconds, id) => {
    const { estimated, usage } = Settlement.abandoned(call, seconds)
    left = left === undefined ? undefined : left - usage.costUsd
    return onUsage({ model: call.model, usage, estimated, ...(id === undefined ? {} : { calls: [id] }) })
  }, counted)
  const account = yield* Account.make(left)
  const isLimited = account.isLimited || day !== undefined
  const letOutOfDay = day?.letOut ?? (() => Effect.void)
  const one = yield* Effect.makeSemaphore(1)

  const letOut: Payer["letOut"] = Effect.fnUntraced(function*(call, price) {
    const reservedUsd = call === undefined || price === undefined
      ? 0
      : ModelPrice.costAtMost(price, CallRequest.atMost(call))
    const ticket = yield* account.letOut(reservedUsd).pipe(
      // released last, when the call's cost is in the log
      Effect.zipLeft(letOutOfDay(reservedUsd)),
      Effect.timeoutFail({ duration: longestWait, onTimeout: () => new BudgetBusy() })
    )
    const isLeft = yield* Ref.make(false)
    const note = isLimited && call !== undefined
      ? yield* Effect.acquireRelease(
        openCalls.note({ model: call.model ?? "unknown", price, bytes: call.bytes, maxOutput: call.maxOutput }),
        ({ forget }) => Effect.unlessEffect(forget, Ref.get(isLeft))
      )
      : undefined
    return {
      settle: (model, price, tokens, estimated) => {
        const usage = ModelPrice.usage(price, tokens)
        const report = { model, usage, estimated, ...(note === undefined ? {} : { calls: [note.id] }) }
        // sequentially, so that the log has them in the order of counting
        return one.withPermits(1)(
          Effect.zipRight(ticket.settle(usage.costUsd), onUsage(report))
        ).pipe(
          Effect.zipRight(note?.forget ?? Effect.void),
          Effect.catchTag(
            "UsageNotRecorded",
            () => note === undefined ? Effect.void : Effect.zipRight(Ref.set(isLeft, true), note.answered(usage))
          )
        )
      }
    }
  })

  return {
    session,
    isLimited,
    isExhausted: account.isExhausted,
    letOut
  } satisfies Payer
})
