/** Why a command was not carried out, in the terms of who sent it. */
import * as Effect from "effect/Effect"
import type { SessionId } from "../../domain/Ids.ts"
import type { SessionNotFound } from "../../domain/Session.ts"
import { isRejectionOf, type RejectionOf, type SessionCommand } from "../../domain/SessionCommand.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import type { AskRefusal } from "./Messages.ts"
import { SessionUnavailable } from "./SessionUnavailable.ts"

/** The reason for a refusal, as the error of the sender's command. */
export const refusalOf = <C extends SessionCommand>(
  id: SessionId,
  command: C,
  error: AskRefusal
): Effect.Effect<never, RejectionOf<C> | SessionNotFound | SessionUnavailable | StoreError> => {
  if (isRejectionOf(command)(error)) return Effect.fail(error)
  switch (error._tag) {
    case "SessionNotFound":
    case "StoreError":
      return Effect.fail(error)
    case "ActorGone":
    case "EventsRefused":
    case "SessionLost":
      return new SessionUnavailable({ sessionId: id })
    default:
      return Effect.die(error)
  }
}
