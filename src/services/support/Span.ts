/**
 * Spans that cost nothing where nobody collects them. `Effect.fn` makes an `Error` for its stack and a span at each call,
 * whether traces go anywhere or not: the three stacks alone were 3 % of the processor time of accepting a session. For
 * what is called for each request; elsewhere `Effect.fn` is simpler.
 */
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"

/**
 * Puts an effect in a span, unless tracing is off for the fiber (`Effect.withTracerEnabled`).
 *
 * @example
 * const create = Effect.fnUntraced(function*(id: string) { … }, Span.within("Sessions.create"))
 */
export const within = (name: string) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) =>
    fiber.getFiberRef(FiberRef.currentTracerEnabled)
      ? Effect.useSpan(name, { captureStackTrace: false }, (span) => Effect.withParentSpan(effect, span))
      : effect
  )
