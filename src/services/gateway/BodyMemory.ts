/**
 * Limits the memory of held request bodies, per session and in total. Requests for more memory wait, first come, first
 * served. A session that has used up its share delays only itself, and a large request is not overtaken by small ones
 * forever.
 */
import * as Arr from "effect/Array"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import type { SessionId } from "../../domain/Ids.ts"

export interface Limits {
  /** In bytes. No single request may take more than a session's share. */
  readonly total: number
  readonly perSession: number
}

interface Waiter {
  readonly session: SessionId
  readonly bytes: number
  readonly admitted: Deferred.Deferred<void>
}

interface State {
  /** The bytes given to each waiter and not yet returned. */
  readonly given: ReadonlyMap<Waiter, number>
  /** The total given, by session. */
  readonly held: ReadonlyMap<SessionId, number>
  readonly waiting: ReadonlyArray<Waiter>
}

export interface Taken {
  /** Keeps this many bytes and returns the rest: the body turned out to be smaller. */
  readonly keep: (bytes: number) => Effect.Effect<void>
}

export interface BodyMemory {
  /** Takes this many bytes for the lifetime of the scope; waits until they are free. */
  readonly take: (session: SessionId, bytes: number) => Effect.Effect<Taken, never, Scope.Scope>
  /** The bytes currently taken. */
  readonly held: Effect.Effect<number>
}

export const heldBytes = Metric.gauge("opentl_gateway_body_bytes", {
  description: "Request bodies that are held in memory"
})

const sum = (held: State["held"]): number => Arr.reduce(held.values(), 0, (total, bytes) => total + bytes)

const add = (held: State["held"], session: SessionId, bytes: number): State["held"] => {
  const now = (held.get(session) ?? 0) + bytes
  const others = [...held].filter(([id]) => id !== session)
  return new Map(now === 0 ? others : [...others, [session, now]])
}

/** Reduces what a waiter has to this many bytes. */
const shrink = (state: State, waiter: Waiter, bytes: number): State => {
  const now = state.given.get(waiter) ?? 0
  if (now <= bytes) return state
  const others = [...state.given].filter(([other]) => other !== waiter)
  return {
    given: new Map(bytes === 0 ? others : [...others, [waiter, bytes]]),
    held: add(state.held, waiter.session, bytes - now),
    waiting: state.waiting
  }
}

/** The waiters admitted now, and the resulting state. */
const admit = (limits: Limits, state: State): readonly [ReadonlyArray<Waiter>, State] => {
  let { held } = state
  const admitted: Array<Waiter> = []
  const passedOver = new Set<SessionId>()
  let isFull = false
  for (const waiter of state.waiting) {
    const own = held.get(waiter.session) ?? 0
    if (isFull || passedOver.has(waiter.session) || own + waiter.bytes > limits.perSession) {
      passedOver.add(waiter.session)
    } else if (sum(held) + waiter.bytes > limits.total) {
      isFull = true
    } else {
      held = add(held, waiter.session, waiter.bytes)
      admitted.push(waiter)
    }
  }
  return [admitted, {
    given: new Map([...state.given, ...admitted.map((waiter) => [waiter, waiter.bytes] as const)]),
    held,
    waiting: state.waiting.filter((waiter) => !admitted.includes(waiter))
  }]
}

export const make = (limits: Limits): Effect.Effect<BodyMemory> =>
  Effect.map(Ref.make<State>({ given: new Map(), held: new Map(), waiting: [] }), (state) => {
    const change = (f: (state: State) => State) =>
      Ref.modify(state, (before) => admit(limits, f(before))).pipe(
        Effect.flatMap(Effect.forEach((waiter) => Deferred.succeed(waiter.admitted, undefined), { discard: true })),
        Effect.zipRight(Effect.flatMap(Ref.get(state), ({ held }) => Metric.set(heldBytes, sum(held))))
      )

    /** Stops waiting, or returns what was given. */
    const leave = (waiter: Waiter) =>
      change((state) => shrink({ ...state, waiting: state.waiting.filter((other) => other !== waiter) }, waiter, 0))

    const take = Effect.fnUntraced(function*(session: SessionId, bytes: number) {
      const waiter: Waiter = { session, bytes, admitted: yield* Deferred.make<void>() }
      yield* Effect.acquireRelease(
        change((state) => ({ ...state, waiting: [...state.waiting, waiter] })),
        () => leave(waiter)
      )
      yield* Effect.onInterrupt(Deferred.await(waiter.admitted), () => leave(waiter))
      return { keep: (bytes: number) => change((state) => shrink(state, waiter, Math.max(0, bytes))) }
    })

    return { take, held: Effect.map(Ref.get(state), ({ held }) => sum(held)) }
  })
