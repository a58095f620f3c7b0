/**
 * A bell that any number of fibers can wait for. It counts its strokes: a fiber that has looked after the n-th waits
 * for the next one, and misses none in between. A waiting fiber is only an entry in a set: no queue, no timer.
 *
 * A stroke may bring news, for listeners that would otherwise have to look for it.
 */
import * as Effect from "effect/Effect"

export interface Bell<News = never> {
  /** How many times it has rung. */
  readonly strokes: () => number
  /** Returns once it has rung more than `strokes` times, or is closed. */
  readonly after: (strokes: number) => Effect.Effect<void>
  /** Whether it will not ring again: listeners can leave. */
  readonly isClosed: () => boolean
  /** Calls back at every stroke and when it is closed, until the returned function is called. */
  readonly listen: (callback: (news?: News) => void) => () => void
  readonly ring: (news?: News) => void
  readonly close: () => void
}

export const make = <News = never>(): Bell<News> => {
  let strokes = 0
  let closed = false
  let waiting = new Set<() => void>()
  const listeners = new Set<(news?: News) => void>()

  const ring = (news?: News) => {
    strokes += 1
    const woken = waiting
    waiting = new Set()
    for (const wake of woken) wake()
    for (const call of listeners) call(news)
  }

  return {
    strokes: () => strokes,
    isClosed: () => closed,
    after: (seen) =>
      Effect.async<void>((resume) => {
        if (closed || strokes > seen) return resume(Effect.void)
        const wake = () => resume(Effect.void)
        waiting.add(wake)
        return Effect.sync(() => waiting.delete(wake))
      }),
    listen: (callback) => {
      listeners.add(callback)
      return () => void listeners.delete(callback)
    },
    ring,
    close: () => {
      closed = true
      ring()
    }
  }
}
