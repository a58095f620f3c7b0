/**
 * Limits what a session's model calls may spend. Each call is let out with a reservation, the most that it can cost,
 * and settled with its actual cost. It goes out only if what is spent, what is reserved and its own reservation stay
 * within the budget; otherwise it waits, in order, until others are settled. If no other call is running and something
 * is left, a call goes out alone, and its cost beyond the budget is counted. So a session spends at most its budget
 * plus one response.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import { BudgetExhausted } from "../../domain/Budget.ts"

interface Call {
  readonly reservedUsd: number
  readonly letOut: Deferred.Deferred<void, BudgetExhausted>
}

/** The state of an account. */
export interface Ledger {
  readonly limitUsd: number
  readonly spentUsd: number
  /** The calls let out and not yet settled. */
  readonly underWay: ReadonlyArray<Call>
  /** The waiting calls, in order. */
  readonly waiting: ReadonlyArray<Call>
}

/** Decides about a call with this reservation. */
export const decide = (
  { limitUsd, spentUsd, underWay }: Pick<Ledger, "limitUsd" | "spentUsd"> & {
    readonly underWay: ReadonlyArray<{ readonly reservedUsd: number }>
  },
  reservedUsd: number
): "goes" | "waits" | "refused" => {
  if (spentUsd >= limitUsd) return "refused"
  const reserved = underWay.reduce((total, call) => total + call.reservedUsd, 0)
  return underWay.length === 0 || spentUsd + reserved + reservedUsd <= limitUsd ? "goes" : "waits"
}

interface Decisions {
  readonly out: ReadonlyArray<Call>
  readonly refused: ReadonlyArray<Call>
}

/** Decides about the waiting calls, up to the first that must keep waiting. */
const advance = (before: Ledger): readonly [Decisions, Ledger] => {
  let ledger = before
  const out: Array<Call> = []
  const refused: Array<Call> = []
  for (const call of before.waiting) {
    const decision = decide(ledger, call.reservedUsd)
    if (decision === "waits") break
    if (decision === "goes") {
      out.push(call)
      ledger = { ...ledger, underWay: [...ledger.underWay, call] }
    } else {
      refused.push(call)
    }
    ledger = { ...ledger, waiting: ledger.waiting.slice(1) }
  }
  return [{ out, refused }, ledger]
}

const without = (calls: ReadonlyArray<Call>, call: Call) => calls.filter((other) => other !== call)

/** A call that was let out. */
export interface Ticket {
  /** Counts the call's cost, and ends its reservation. */
  readonly settle: (costUsd: number) => Effect.Effect<void>
}

export interface Account {
  /** Whether there is a budget. */
  readonly isLimited: boolean
  readonly isExhausted: Effect.Effect<boolean>
  /** What has been spent since the account was opened, in US dollars. */
  readonly spentUsd: Effect.Effect<number>
  /**
   * Waits until the call may go out. If it is not settled when the scope closes, its reservation ends, and it has cost
   * nothing.
   */
  readonly letOut: (reservedUsd: number) => Effect.Effect<Ticket, BudgetExhausted, Scope.Scope>
}

/** An account with this limit in US dollars; unlimited if absent. */
export const make = (limitUsd: number | undefined): Effect.Effect<Account> =>
  Effect.gen(function*() {
    const ledger = yield* Ref.make<Ledger>({
      limitUsd: limitUsd ?? Number.POSITIVE_INFINITY,
      spentUsd: 0,
      underWay: [],
      waiting: []
    })
    const change = (f: (ledger: Ledger) => Ledger) =>
      Effect.flatMap(Ref.modify(ledger, (before) => advance(f(before))), ({ out, refused }) =>
        Effect.zipRight(
          Effect.forEach(out, (call) => Deferred.succeed(call.letOut, undefined), { discard: true }),
          Effect.forEach(refused, (call) => Deferred.fail(call.letOut, new BudgetExhausted()), { discard: true })
        ))

    /** Ends a call in any state; a call that has already ended costs nothing more. */
    const end = (call: Call, costUsd: number) =>
      change((before) => ({
        ...before,
        spentUsd: before.underWay.includes(call) ? before.spentUsd + costUsd : before.spentUsd,
        underWay: without(before.underWay, call),
        waiting: without(before.waiting, call)
      }))

    const letOut = Effect.fnUntraced(function*(reservedUsd: number) {
      const call: Call = { reservedUsd, letOut: yield* Deferred.make<void, BudgetExhausted>() }
      yield* Effect.acquireRelease(
        change((before) => ({ ...before, waiting: [...before.waiting, call] })),
        () => end(call, 0)
      )
      yield* Effect.onInterrupt(Deferred.await(call.letOut), () => end(call, 0))
      return { settle: (costUsd: number) => end(call, costUsd) }
    })

    return {
      isLimited: limitUsd !== undefined,
      isExhausted: Effect.map(Ref.get(ledger), ({ limitUsd, spentUsd }) => spentUsd >= limitUsd),
      spentUsd: Effect.map(Ref.get(ledger), ({ spentUsd }) => spentUsd),
      letOut
    }
  })
