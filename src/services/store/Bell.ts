/**
 * A bell that any number of fibers wait for. It counts its strokes: who has looked after the n-th waits for the next one,
 * and misses none that comes in between. A waiting fiber is an entry in a set, and nothing else: no queue, no timer.
 */
import * as Effect from "effect/Effect"

export interface Bell {
  /** How often it has rung. */
  readonly strokes: () => number
  /** Returns once it has rung more often than that, or is closed. */
  readonly after: (strokes: number) => Effect.Effect<void>
  /** No more rings come: whoever listens can leave. */
  readonly isClosed: () => boolean
  readonly ring: () => void
  readonly close: () => void
}

export const make = (): Bell => {
  let strokes = 0
  let closed = false
  let waiting = new Set<() => void>()

  const ring = () => {
    strokes += 1
    const woken = waiting
    waiting = new Set()
    for (const wake of woken) wake()
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
    ring,
    close: () => {
      closed = true
      ring()
    }
  }
}
