/** The service behind every edge (HTTP, CLI, bots, a host program): commands to sessions, and cursors on their logs. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { SessionEventView } from "../../domain/EventText.ts"
import type { SessionId } from "../../domain/Ids.ts"
import type { Requester } from "../../domain/Requester.ts"
import type { Session, SessionNotFound, SessionStatus } from "../../domain/Session.ts"
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
import type { CreateSession, IdempotencyConflict, InvalidRequest } from "../../domain/SessionRequest.ts"
import type { NotVerified, VerificationReport } from "../../domain/Verification.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import { SessionUnavailable } from "../session/SessionUnavailable.ts"

export { SessionUnavailable }

export interface ListSessions {
  readonly status?: SessionStatus | undefined
  readonly repo?: string | undefined
  /** 1..200 */
  readonly limit: number
  /** Sessions older than this one. */
  readonly before?: SessionId | undefined
}

export interface CreateOptions {
  readonly by: Requester
  /** With a key, repeating the request within 24 hours returns the same session. */
  readonly idempotencyKey?: string | undefined
  /** The original request, compared as a JSON value. */
  readonly body?: unknown
  /** Whether local repositories may be anywhere (embedded use, loopback) or only under OPENTL_LOCAL_REPOS. */
  readonly trustLocalPaths: boolean
  /** Whether `command:` agents are allowed (embedded CLI and library only). */
  readonly trustCommands: boolean
}

/**
 * What a process does with sessions: it works on all of them, on those that it creates or steers (`own`), or records
 * commands, which the next process that works carries out. A stop takes effect in each.
 */
export type SessionsMode = "working" | "own" | "recording"

export class Sessions extends Context.Tag("opentl/actors/sessions/Sessions")<Sessions, {
  readonly create: (
    request: CreateSession,
    options: CreateOptions
  ) => Effect.Effect<
    { readonly session: Session; readonly replayed: boolean },
    InvalidRequest | IdempotencyConflict | StoreError | SessionUnavailable
  >
  readonly get: (id: SessionId) => Effect.Effect<Session, SessionNotFound | StoreError>
  /**
   * The one session whose id has this prefix; otherwise `SessionNotFound`, or an `InvalidRequest` that lists the
   * candidates.
   */
  readonly find: (prefix: string) => Effect.Effect<Session, SessionNotFound | InvalidRequest | StoreError>
  /** Newest first. An unknown `before` is an `InvalidRequest`. */
  readonly list: (
    query: ListSessions
  ) => Effect.Effect<
    { readonly sessions: ReadonlyArray<Session>; readonly hasMore: boolean },
    InvalidRequest | StoreError
  >
  /**
   * Every event after the cursor, once and in order: stored events, then live ones. Ends when the session has ended.
   */
  readonly events: (id: SessionId, after: number) => Stream.Stream<SessionEventView, SessionNotFound | StoreError>
  /** Stored events after the cursor, at most `limit`. */
  readonly eventsPage: (
    id: SessionId,
    after: number,
    limit: number
  ) => Effect.Effect<ReadonlyArray<SessionEventView>, SessionNotFound | StoreError>
  /**
   * Stops the session; returns when it is cancelled and its sandbox is gone. With a `turn`, only that turn is stopped:
   * if the session has moved on, `TurnOver`. `SessionUnavailable` if the stop is recorded and nobody is left who could
   * clean up; the server tries again within a minute.
   */
  readonly stop: (
    id: SessionId,
    by: Requester,
    turn?: number
  ) => Effect.Effect<Session, SessionNotFound | SessionEnded | TurnOver | StoreError | SessionUnavailable>
  readonly message: (
    id: SessionId,
    text: string,
    by: Requester,
    messageId?: string
  ) => Effect.Effect<{ readonly messageId: string }, SessionNotFound | StoreError | SessionUnavailable>
  /** Approves the waiting plan, replaced by `plan` if given. `answers` names the plan that the person saw. */
  readonly approve: (
    id: SessionId,
    approval: { readonly plan?: string | undefined; readonly answers?: PlanRef | undefined; readonly by: Requester }
  ) => Effect.Effect<
    Session,
    SessionNotFound | NothingToApprove | PlanReplaced | ApproverIsRequester | StoreError | SessionUnavailable
  >
  /** Rejects the waiting plan; a new one is made with the reason in mind. */
  readonly reject: (
    id: SessionId,
    rejection: { readonly reason: string; readonly answers?: PlanRef | undefined; readonly by: Requester }
  ) => Effect.Effect<Session, SessionNotFound | NothingToApprove | PlanReplaced | StoreError | SessionUnavailable>
  /** Repeats the last turn, if it failed or was stopped. `turn` is the turn that the person saw. */
  readonly retry: (
    id: SessionId,
    retry: { readonly turn?: number | undefined; readonly by: Requester }
  ) => Effect.Effect<Session, SessionNotFound | NothingToRetry | StoreError | SessionUnavailable>
  /**
   * Adds to the session's budget, at any time before its end; to the day's budget of all sessions if the session waits
   * for that. A turn that waits for it goes on.
   */
  readonly addBudget: (
    id: SessionId,
    more: { readonly addUsd: number; readonly by: Requester }
  ) => Effect.Effect<Session, SessionNotFound | SessionEnded | NoBudget | StoreError | SessionUnavailable>
  /** The latest collected diff; empty if there is none yet. */
  readonly diff: (id: SessionId) => Effect.Effect<string, SessionNotFound | StoreError>
  /** The latest verification, with the last 64 KiB of each command's output. */
  readonly verification: (
    id: SessionId
  ) => Effect.Effect<VerificationReport, SessionNotFound | NotVerified | StoreError>
  /** The terminal log that the bots upload: one line per event. */
  readonly log: (id: SessionId) => Stream.Stream<string, SessionNotFound | StoreError>
}>() {}
