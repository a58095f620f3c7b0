/** The messages to a session's actor: from people, the running step, admission, its clock and its supervisor. */
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { SessionNotFound } from "../../domain/Session.ts"
import type { CommandRejected, SessionCommand } from "../../domain/SessionCommand.ts"
import type { SessionEvent } from "../../domain/SessionEvent.ts"
import type { Attachment, ReceiptKey, SessionLost } from "../../services/store/SessionStore.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import type { EventsRefused, RecordFailure, StepFailure } from "../steps/StepContext.ts"
import type { Reply } from "./Reply.ts"

/** Why an actor fails: its session has another owner by now or does not exist, or the log cannot be read or written. */
export type ActorFailure = SessionLost | SessionNotFound | StoreError

/** The actor left or failed before it replied. */
export class ActorGone extends Schema.TaggedError<ActorGone>()("ActorGone", {}) {
  override get message() {
    return "the session's actor left without a reply"
  }
}

/** Why facts are not recorded: they no longer fit the session's state, or the log could not be written. */
export type RecordRefusal = EventsRefused | ActorFailure | ActorGone

/** Why a command is not carried out. */
export type AskRefusal = CommandRejected | RecordRefusal

export type Message = Data.TaggedEnum<{
  /** A command from a person. */
  Ask: { readonly command: SessionCommand; readonly receipt: ReceiptKey | undefined; readonly reply: Reply<AskRefusal> }
  /** The running step has facts to record. */
  Record: {
    readonly events: ReadonlyArray<SessionEvent>
    readonly attachment: Attachment | undefined
    readonly reply: Reply<RecordRefusal>
  }
  /** The running step has ended. */
  StepEnded: { readonly outcome: StepOutcome }
  /** Admission was granted. The actor sends this to itself; what others know about admission may be out of date. */
  Admitted: object
  /** The session was admitted, according to the queue or to recovery: the actor requests admission to be sure. */
  CheckAdmission: object
  /** The turn with this deadline has run out of time. */
  DeadlinePassed: { readonly deadline: DateTime.Utc }
  /** Release the session: this process stops. A takeover sends nothing; it shows as `SessionLost` at the next write. */
  Release: object
}>
export const Message = Data.taggedEnum<Message>()

/** Completes the reply of a message that no actor will handle, with the reason if it is known. */
export const abandon = (message: Message, error: ActorFailure | ActorGone = new ActorGone()): Effect.Effect<void> =>
  message._tag === "Ask" || message._tag === "Record" ? message.reply.complete(Exit.fail(error)) : Effect.void

/** How a step ended. Its results are in the log already. */
export type StepOutcome = Data.TaggedEnum<{
  /** It finished, or the facts it still had to record no longer fit the session's state. */
  Ended: object
  /** It failed with a typed error, whose sentence ends the turn. */
  Failed: { readonly reason: string }
  /** It died of a defect. */
  Died: { readonly cause: Cause.Cause<never> }
  Interrupted: object
  /** The log could not be read or written, or the session has another owner by now. */
  Unrecorded: { readonly error: ActorFailure }
}>
export const StepOutcome = Data.taggedEnum<StepOutcome>()

const ofFailure = (error: StepFailure | RecordFailure): StepOutcome => {
  switch (error._tag) {
    case "EventsRefused":
      return StepOutcome.Ended()
    case "SessionLost":
    case "StoreError":
      return StepOutcome.Unrecorded({ error })
    default:
      return StepOutcome.Failed({ reason: error.message })
  }
}

/** Classifies a step's exit. A defect takes precedence over any other cause. */
export const outcomeOf = (exit: Exit.Exit<void, StepFailure | RecordFailure>): StepOutcome =>
  Exit.match(exit, {
    onSuccess: () => StepOutcome.Ended(),
    onFailure: (cause) =>
      Option.isSome(Cause.dieOption(cause))
        ? StepOutcome.Died({ cause: Option.getOrElse(Cause.keepDefects(cause), () => Cause.empty) })
        : Option.match(Cause.failureOption(cause), {
          onNone: () => StepOutcome.Interrupted(),
          onSome: ofFailure
        })
  })
