/** Ids from the runtime's generator of random numbers: names, not secrets. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { SessionId } from "../../domain/Ids.ts"

/** So many random hex digits, made six at a time. */
export const randomHex = (digits: number): Effect.Effect<string> =>
  Effect.map(
    Effect.replicateEffect(Random.nextIntBetween(0, 16 ** 6), Math.ceil(digits / 6)),
    (values) => values.map((value) => value.toString(16).padStart(6, "0")).join("").slice(0, digits)
  )

export const randomSessionId: Effect.Effect<SessionId> = Effect.map(randomHex(12), (digits) => SessionId.make(digits))
