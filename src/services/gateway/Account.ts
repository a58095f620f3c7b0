/**
 * What a session's model calls may spend. A call is let out with a reservation, the most that it can cost, and settled
 * with what it did cost. It goes out only if what is spent, what is reserved and its own reservation stay within the
 * budget; else it waits until others are settled, in order. If no other is under way and something is left, a call goes
 * out alone: what its answer costs beyond the budget is counted. So a session spends its budget and one answer at most.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

/** Nothing is left of the budget. */
export class BudgetExhausted extends Schema.TaggedError<BudgetExhausted>()("BudgetExhausted", {}) {
  override get message() {
    return "The session's budget is used up."
  }
}

interface Call {
  readonly reservedUsd: number
  readonly letOut: Deferred.Deferred<void, BudgetExhausted>
}

/** How an account stands. */
export interface Ledger {
  readonly limitUsd: number
  readonly spentUsd: number
  /** Let out and not yet settled. */
  readonly underWay: ReadonlyArray<Call>
  /** Waiting, in order. */
  readonly waiting: ReadonlyArray<Call>
}

/** What is decided about a call that would reserve so much. */
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

/** Decides about those that wait, up to the first that has to wait on. */
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
  /** Counts what the call has cost, and ends its reservation. */
  readonly settle: (costUsd: number) => Effect.Effect<void>
}

export interface Account {
  /** Whether there is a budget. */
  readonly isLimited: boolean
  readonly isExhausted: Effect.Effect<boolean>
  /** What was spent since the account was opened, in US dollars. */
  readonly spentUsd: Effect.Effect<number>
  /** Waits until the call may go out. With the scope its reservation ends, if it was not settled, and it has cost nothing. */
  readonly letOut: (reservedUsd: number) => Effect.Effect<Ticket, BudgetExhausted, Scope.Scope>
}

/** An account with so much to spend, in US dollars; without a limit where it is absent. */
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

    /** Ends a call however it stands; what is not under way any more costs nothing again. */
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
