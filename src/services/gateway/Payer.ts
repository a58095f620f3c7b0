/** Who pays for a session's model calls: its account, the calls under way on disk, and the session's log. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { SessionId } from "../../domain/Ids.ts"
import type { Usage } from "../../domain/Usage.ts"
import * as ModelPrice from "../model/ModelPrice.ts"
import * as Account from "./Account.ts"
import * as CallRequest from "./CallRequest.ts"
import type { OpenCalls } from "./OpenCalls.ts"
import * as Settlement from "./Settlement.ts"

/** One model call as the session's log has it. */
export interface GatewayReport {
  readonly model: string
  readonly usage: Usage
  /** The provider did not say all of the usage. */
  readonly estimated: boolean
}

/** What is left of the budget did not become free in time. */
export class BudgetBusy extends Schema.TaggedError<BudgetBusy>()("BudgetBusy", {}) {
  override get message() {
    return "Other calls of this session may use up what is left of its budget; try again when they are done."
  }
}

/** A call that was let out. */
export interface PaidCall {
  /** Counts the call and records it. Once. */
  readonly settle: (
    model: string,
    price: ModelPrice.Price | undefined,
    tokens: ModelPrice.Tokens,
    estimated: boolean
  ) => Effect.Effect<void>
}

export interface Payer {
  readonly session: SessionId
  /** Whether the session has a budget: each call's price must be known then, and its size before it goes out. */
  readonly isLimited: boolean
  readonly isExhausted: Effect.Effect<boolean>
  /**
   * Waits until a call may go out, with the most that it can cost in reserve. With the scope a call that was not settled
   * has cost nothing. Of a call that passes nothing is known yet.
   */
  readonly letOut: (
    call: CallRequest.CallRequest | undefined,
    price: ModelPrice.Price | undefined
  ) => Effect.Effect<PaidCall, Account.BudgetExhausted | BudgetBusy, Scope.Scope>
}

/** How long a call waits for what other calls have reserved. */
const longestWait = "10 minutes"

export interface PayerOptions {
  readonly session: SessionId
  readonly remainingUsd: number | undefined
  readonly onUsage: (report: GatewayReport) => Effect.Effect<void>
  readonly openCalls: OpenCalls
}

/** What a killed server left under way is counted first, as calls that were given up then. */
export const make = Effect.fnUntraced(function*({ onUsage, openCalls, remainingUsd, session }: PayerOptions) {
  let left = remainingUsd
  yield* openCalls.takeOver((call, seconds) => {
    const { estimated, tokens } = Settlement.settle(call, { ...Settlement.unanswered, seconds })
    const usage = ModelPrice.usage(call.price, tokens)
    left = left === undefined ? undefined : left - usage.costUsd
    return onUsage({ model: call.model, usage, estimated })
  })
  const account = yield* Account.make(left)
  const one = yield* Effect.makeSemaphore(1)

  const letOut: Payer["letOut"] = Effect.fnUntraced(function*(call, price) {
    const reservedUsd = call === undefined || price === undefined
      ? 0
      : ModelPrice.costAtMost(price, CallRequest.atMost(call))
    const ticket = yield* Effect.timeoutFail(account.letOut(reservedUsd), {
      duration: longestWait,
      onTimeout: () => new BudgetBusy()
    })
    const forget = account.isLimited && call !== undefined
      ? yield* Effect.acquireRelease(
        openCalls.note({ model: call.model ?? "unknown", price, bytes: call.bytes, maxOutput: call.maxOutput }),
        (forget) => forget
      )
      : Effect.void
    return {
      settle: (model, price, tokens, estimated) => {
        const usage = ModelPrice.usage(price, tokens)
        // one after the other, so that the log has them as they were counted
        return one.withPermits(1)(
          Effect.zipRight(ticket.settle(usage.costUsd), onUsage({ model, usage, estimated }))
        ).pipe(Effect.zipRight(forget))
      }
    }
  })

  return {
    session,
    isLimited: account.isLimited,
    isExhausted: account.isExhausted,
    letOut
  } satisfies Payer
})
