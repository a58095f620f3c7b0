/** Ids from the runtime's generator of random numbers: names, not secrets. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { SessionId } from "../../domain/Ids.ts"

/** Six random hex digits. */
const six = Effect.map(Random.nextIntBetween(0, 16 ** 6), (value) => value.toString(16).padStart(6, "0"))

/** So many random hex digits, made six at a time. */
export const randomHex = (digits: number): Effect.Effect<string> =>
  Effect.map(Effect.replicateEffect(six, Math.ceil(digits / 6)), (parts) => parts.join("").slice(0, digits))

/** Two numbers, as `randomHex` makes them; each session takes one, so they are not gathered in a list. */
export const randomSessionId: Effect.Effect<SessionId> = Effect.flatMap(
  six,
  (begin) => Effect.map(six, (end) => SessionId.make(begin + end))
)
