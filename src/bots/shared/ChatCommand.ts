/** What people ask of sessions in a chat, what comes of it, and why it can be refused. */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { SessionUnavailable } from "../../actors/sessions/Sessions.ts"
import { SessionId } from "../../domain/Ids.ts"
import type { Requester } from "../../domain/Requester.ts"
import type { Session, SessionNotFound } from "../../domain/Session.ts"
import type {
  ApproverIsRequester,
  NothingToApprove,
  NothingToRetry,
  PlanRef,
  PlanReplaced,
  SessionEnded
} from "../../domain/SessionCommand.ts"
import type { InvalidRequest } from "../../domain/SessionRequest.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import { ChatRefusal, type Conversation } from "./Conversations.ts"
import type { FileKind } from "./Posted.ts"
import type { FileFormat, SessionFile } from "./SessionFiles.ts"

export const verbs = ["status", "plan", "diff", "log", "approve", "reject", "retry", "stop"] as const
export type Verb = typeof verbs[number]

/** A command about a session, given in words or by a button. */
export interface ChatCommand {
  readonly verb: Verb
  /** The session's id, or the beginning of it; without one it is the conversation's. */
  readonly id: string | undefined
  /** Why a plan is rejected; empty where it was not said. */
  readonly reason?: string
  /** An edited plan that is approved. */
  readonly plan?: string
  /** The plan that was seen; whatever plan waits where it is not given. */
  readonly answers?: PlanRef
  /** The turn that was seen; the last one where it is not given. */
  readonly turn?: number
}

/** By what a session was found. */
export type How = "id" | "thread" | "latest" | "reply" | "current"

export interface Found {
  readonly session: Session
  readonly how: How
}

/** Who gives a command, and where. */
export interface Caller {
  readonly by: Requester
  /** The conversations whose session is meant where none is named, in their order. */
  readonly conversations: ReadonlyArray<readonly [how: How, conversation: Conversation]>
  /** What is said where none of them has one. */
  readonly noSession: string
  readonly files: FileFormat
  /** How long a stop may take before it is told as under way; as long as it takes where absent. */
  readonly stopTimeout?: Duration.DurationInput
}

/** What came of a command. */
export type Outcome = Data.TaggedEnum<{
  Status: { readonly found: Found }
  Plan: { readonly found: Found }
  File: { readonly found: Found; readonly kind: FileKind; readonly file: Option.Option<SessionFile> }
  Approved: { readonly found: Found }
  Rejected: { readonly found: Found }
  /** The reason is to be asked for; it is about this plan. */
  ReasonWanted: { readonly found: Found; readonly answers: PlanRef }
  Retried: { readonly found: Found }
  /** The stop is recorded; whether the sandbox is gone already. */
  Stopped: { readonly found: Found; readonly isOver: boolean }
}>
export const Outcome = Data.taggedEnum<Outcome>()

/** The button of a turn that is over must not stop the next one. */
export class TurnOver extends Schema.TaggedError<TurnOver>()("TurnOver", { sessionId: SessionId, turn: Schema.Int }) {
  override get message() {
    return "that turn is over"
  }
}

/** Why a command can be refused; each has a sentence for the person who gave it. */
export type CommandRefused =
  | ApproverIsRequester
  | ChatRefusal
  | InvalidRequest
  | NothingToApprove
  | NothingToRetry
  | PlanReplaced
  | SessionEnded
  | SessionNotFound
  | SessionUnavailable
  | TurnOver

const isStoreError = (error: CommandRefused | StoreError): error is StoreError => error._tag === "StoreError"

/** Every refusal as the sentence that it is. */
export const refusing = <A, E extends CommandRefused | StoreError, R>(self: Effect.Effect<A, E, R>) =>
  Effect.mapError(
    self,
    (error: CommandRefused | StoreError): ChatRefusal | StoreError =>
      isStoreError(error) ? error : new ChatRefusal({ reason: error.message })
  )
