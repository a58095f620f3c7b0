/** What a session's actor is told: by people, by the step under way, by admission, by its clock and by its supervisor. */
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import type { SessionNotFound } from "../../domain/Session.ts"
import type { CommandRejected, SessionCommand } from "../../domain/SessionCommand.ts"
import type { SessionEvent } from "../../domain/SessionEvent.ts"
import type { ReceiptKey, SessionLost } from "../../services/store/SessionStore.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import type { EventsRefused, Patch, RecordFailure, StepFailure } from "../steps/StepContext.ts"
import type { Reply } from "./Reply.ts"

/** Why an actor gives up: its session has another owner by now, is not there, or the log cannot be read or written. */
export type ActorFailure = SessionLost | SessionNotFound | StoreError

/** Why facts are not recorded: they do not belong to the session's state any more, or the log could not be written. */
export type RecordRefusal = EventsRefused | ActorFailure

/** Why a person's command is not carried out. */
export type AskRefusal = CommandRejected | RecordRefusal

export type Message = Data.TaggedEnum<{
  /** A person's command. */
  Ask: { readonly command: SessionCommand; readonly receipt: ReceiptKey | undefined; readonly reply: Reply<AskRefusal> }
  /** The step under way has facts to record. */
  Record: {
    readonly events: ReadonlyArray<SessionEvent>
    readonly patch: Patch | undefined
    readonly reply: Reply<RecordRefusal>
  }
  /** The step under way has ended. */
  StepEnded: { readonly outcome: StepOutcome }
  /** The session may run now. */
  Admitted: object
  /** The time of the turn with this deadline is used up. */
  DeadlinePassed: { readonly deadline: DateTime.Utc }
  /** Let go of the session: this process stops, or another one takes it over. */
  Release: object
}>
export const Message = Data.taggedEnum<Message>()

/** Nobody will answer it any more: whoever waits for the reply is told, and why where that is known. */
export const abandon = (
  message: Message,
  cause: Cause.Cause<ActorFailure> = Cause.interrupt(FiberId.none)
): Effect.Effect<void> =>
  message._tag === "Ask" || message._tag === "Record" ? message.reply.complete(Exit.failCause(cause)) : Effect.void

/** How a step came out. What it achieved stands in the log already. */
export type StepOutcome = Data.TaggedEnum<{
  /** It is done, or what it still had to record does not belong to the session's state any more. */
  Ended: object
  /** It failed as steps fail: the sentence ends the turn. */
  Failed: { readonly reason: string }
  /** It died of a defect. */
  Died: { readonly cause: Cause.Cause<never> }
  Interrupted: object
  /** The log could not be read, or has another owner by now. */
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

/** Reads a step's exit. A defect counts before everything else that went wrong with it. */
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
