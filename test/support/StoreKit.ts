/** Events written to a session as its owner writes them, and its log as readers are sent it. */
import * as Effect from "effect/Effect"
import type { SessionId } from "../../src/domain/Ids.ts"
import type { SessionEvent } from "../../src/domain/SessionEvent.ts"
import { evolveAll } from "../../src/domain/SessionFold.ts"
import { framesAfter } from "../../src/services/store/BlockCache.ts"
import * as EventBlocks from "../../src/services/store/EventBlocks.ts"
import { type Claim, SessionStore } from "../../src/services/store/SessionStore.ts"

/** Appends to what is there, and gives the state that the session is in then. */
export const append = Effect.fnUntraced(function*(claim: Claim, events: ReadonlyArray<SessionEvent>) {
  const store = yield* SessionStore
  const state = evolveAll(yield* store.load(claim.sessionId), events)
  yield* store.append(claim, events, state)
  return state
})

/** What the stored rows are as frames, between two events. */
export const framesBetween = Effect.fnUntraced(function*(id: SessionId, after: number, last: number) {
  const blocks = yield* EventBlocks.make
  let text = ""
  for (let cursor = after; cursor < last;) {
    const block = yield* blocks.read(id, cursor)
    text += framesAfter(block, cursor).toString()
    cursor = block.last
  }
  return text
})
