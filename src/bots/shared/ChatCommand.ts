/** The commands that people give in a chat, their outcomes, and the reasons to refuse them. */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { SessionUnavailable } from "../../actors/sessions/Sessions.ts"
import type { Requester } from "../../domain/Requester.ts"
import type { Session, SessionNotFound } from "../../domain/Session.ts"
import type {
  ApproverIsRequester,
  NoBudget,
  NothingToApprove,
  NothingToRetry,
  PlanRef,
  PlanReplaced,
  SessionEnded,
  TurnOver
} from "../../domain/SessionCommand.ts"
import type { InvalidRequest } from "../../domain/SessionRequest.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import { ChatRefusal, type Conversation } from "./Conversations.ts"
import type { FileKind } from "./Posted.ts"
import type { FileFormat, SessionFile } from "./SessionFiles.ts"

export const verbs = ["status", "plan", "diff", "log", "approve", "reject", "retry", "budget", "stop"] as const
export type Verb = typeof verbs[number]

/** A command about a session, given as text or by a button. */
export interface ChatCommand {
  readonly verb: Verb
  /** The session's id or a prefix of it; if absent, the conversation's session is meant. */
  readonly id: string | undefined
  /** The reason for rejecting a plan; empty if none was given. */
  readonly reason?: string
  /** The edited plan to approve. */
  readonly plan?: string
  /** The plan that the person saw; if absent, the plan that waits now. */
  readonly answers?: PlanRef
  /** The turn that the person saw, for a stop or a retry; if absent, the last one. */
  readonly turn?: number
}

/** How a session was found. */
export type How = "id" | "thread" | "latest" | "reply" | "current"

export interface Found {
  readonly session: Session
  readonly how: How
}

/** Who gave a command, and where. */
export interface Caller {
  readonly by: Requester
  /** The conversations whose session is meant if none is named, in order of preference. */
  readonly conversations: ReadonlyArray<readonly [how: How, conversation: Conversation]>
  /** The reply if none of them has a session. */
  readonly noSession: string
  readonly files: FileFormat
  /** How long to wait for a stop before reporting it as in progress; without a limit if absent. */
  readonly stopTimeout?: Duration.DurationInput
}

/** The outcome of a command. */
export type Outcome = Data.TaggedEnum<{
  Status: { readonly found: Found }
  Plan: { readonly found: Found }
  File: { readonly found: Found; readonly kind: FileKind; readonly file: Option.Option<SessionFile> }
  Approved: { readonly found: Found }
  Rejected: { readonly found: Found }
  /** The person must be asked for a reason, for rejecting this plan. */
  ReasonWanted: { readonly found: Found; readonly answers: PlanRef }
  Retried: { readonly found: Found }
  BudgetAdded: { readonly found: Found; readonly addedUsd: number }
  /** The stop is recorded. `isOver`: the sandbox is already gone. */
  Stopped: { readonly found: Found; readonly isOver: boolean }
}>
export const Outcome = Data.taggedEnum<Outcome>()

/** Why a command is refused; each error has a sentence for the person who gave it. */
export type CommandRefused =
  | ApproverIsRequester
  | ChatRefusal
  | InvalidRequest
  | NoBudget
  | NothingToApprove
  | NothingToRetry
  | PlanReplaced
  | SessionEnded
  | SessionNotFound
  | SessionUnavailable
  | TurnOver

const isStoreError = (error: CommandRefused | StoreError): error is StoreError => error._tag === "StoreError"

/** Turns every refusal into a `ChatRefusal` with its sentence. */
export const refusing = <A, E extends CommandRefused | StoreError, R>(self: Effect.Effect<A, E, R>) =>
  Effect.mapError(
    self,
    (error: CommandRefused | StoreError): ChatRefusal | StoreError =>
      isStoreError(error) ? error : new ChatRefusal({ reason: error.message })
  )
