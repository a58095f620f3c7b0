/** Events written to a session as its owner writes them. */
import * as Effect from "effect/Effect"
import type { SessionEvent } from "../../src/domain/SessionEvent.ts"
import { evolveAll } from "../../src/domain/SessionFold.ts"
import { type Claim, SessionStore } from "../../src/services/store/SessionStore.ts"

/** Appends to what is there, and gives the state that the session is in then. */
export const append = Effect.fnUntraced(function*(claim: Claim, events: ReadonlyArray<SessionEvent>) {
  const store = yield* SessionStore
  const state = evolveAll(yield* store.load(claim.sessionId), events)
  yield* store.append(claim, events, state)
  return state
})
