/**
 * Replies that are sent once. A platform may send an event again; the reply is claimed before it is sent, so a crash in
 * between loses it rather than repeats it.
 */
import * as Effect from "effect/Effect"
import { type ChatKey, ChatMemory } from "../../services/store/ChatMemory.ts"
import type { StoreError } from "../../services/store/StoreError.ts"

export const make = Effect.map(
  ChatMemory,
  (memory) =>
  /** Runs `send` if nobody has claimed the key; `value` is stored under it. */
  <A, E, R>(key: ChatKey, value: string, send: Effect.Effect<A, E, R>): Effect.Effect<void, E | StoreError, R> =>
    Effect.asVoid(Effect.whenEffect(send, memory.claim(key, value)))
)
