/** A reaction that stops the session that the message belongs to. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Caller } from "./ChatCommand.ts"
import { type Conversation, Conversations } from "./Conversations.ts"
import { SessionActions } from "./SessionActions.ts"

export const make = Effect.gen(function*() {
  const actions = yield* SessionActions
  const conversations = yield* Conversations
  /**
   * Stops the session of the first of `messages` that has one: of the message, or of what it belongs to. Does
   * nothing, and does not ask for the caller, if none has one.
   */
  return Effect.fn("StopReaction.stop")(
    function*<E, R>(messages: ReadonlyArray<Conversation>, caller: Effect.Effect<Caller, E, R>) {
      const session = yield* conversations.sessionOf(...messages)
      if (Option.isSome(session)) yield* actions.run({ verb: "stop", id: session.value }, yield* caller)
    }
  )
})
