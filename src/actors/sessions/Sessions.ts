/** The one way in for every edge (HTTP, CLI, bots, a host program): commands to sessions, and cursors on their logs. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { SessionEventView } from "../../domain/EventText.ts"
import type { SessionId } from "../../domain/Ids.ts"
import type { Requester } from "../../domain/Requester.ts"
import type { Session, SessionNotFound, SessionStatus } from "../../domain/Session.ts"
import type {
  ApproverIsRequester,
  NothingToApprove,
  NothingToRetry,
  PlanRef,
  PlanReplaced,
  SessionEnded
} from "../../domain/SessionCommand.ts"
import type { CreateSession, IdempotencyConflict, InvalidRequest } from "../../domain/SessionRequest.ts"
import type { StoreError } from "../../services/store/StoreError.ts"

/** The server is stopping: the request can be sent again. */
export class SessionUnavailable extends Schema.TaggedError<SessionUnavailable>()("SessionUnavailable", {
  sessionId: Schema.String
}) {
  override get message() {
    return `session ${this.sessionId} cannot be reached now; try again`
  }
}

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
  /** With a key, the same request again answers the same session for 24 hours. */
  readonly idempotencyKey?: string | undefined
  /** The request as it came, compared as a JSON value. */
  readonly body?: unknown
  /** Whether local repositories may be named anywhere (embedded use, loopback) or only below OPENTL_LOCAL_REPOS. */
  readonly trustLocalPaths: boolean
  /** Whether `command:` agents may be named (embedded CLI and library only). */
  readonly trustCommands: boolean
}

export class Sessions extends Context.Tag("opentl/actors/sessions/Sessions")<Sessions, {
  readonly create: (
    request: CreateSession,
    options: CreateOptions
  ) => Effect.Effect<
    { readonly session: Session; readonly replayed: boolean },
    InvalidRequest | IdempotencyConflict | StoreError | SessionUnavailable
  >
  readonly get: (id: SessionId) => Effect.Effect<Session, SessionNotFound | StoreError>
  /** The session whose id begins so: exactly one, else `SessionNotFound` or `InvalidRequest` that names the candidates. */
  readonly find: (prefix: string) => Effect.Effect<Session, SessionNotFound | InvalidRequest | StoreError>
  /** Newest first. An unknown `before` is an `InvalidRequest`. */
  readonly list: (
    query: ListSessions
  ) => Effect.Effect<
    { readonly sessions: ReadonlyArray<Session>; readonly hasMore: boolean },
    InvalidRequest | StoreError
  >
  /** Every event after the cursor, once and in order: those stored, then the live ones; ends when the session has ended. */
  readonly events: (id: SessionId, after: number) => Stream.Stream<SessionEventView, SessionNotFound | StoreError>
  /** Stored events after the cursor, at most `limit`. */
  readonly eventsPage: (
    id: SessionId,
    after: number,
    limit: number
  ) => Effect.Effect<ReadonlyArray<SessionEventView>, SessionNotFound | StoreError>
  /** Answers when the session is cancelled and its sandbox gone. */
  readonly stop: (
    id: SessionId,
    by: Requester
  ) => Effect.Effect<Session, SessionNotFound | SessionEnded | StoreError | SessionUnavailable>
  readonly message: (
    id: SessionId,
    text: string,
    by: Requester,
    messageId?: string
  ) => Effect.Effect<{ readonly messageId: string }, SessionNotFound | StoreError | SessionUnavailable>
  /** Approves the plan that waits, edited where `plan` is given. `answers` names the plan that was seen. */
  readonly approve: (
    id: SessionId,
    approval: { readonly plan?: string | undefined; readonly answers?: PlanRef | undefined; readonly by: Requester }
  ) => Effect.Effect<
    Session,
    SessionNotFound | NothingToApprove | PlanReplaced | ApproverIsRequester | StoreError | SessionUnavailable
  >
  /** Has the plan that waits made anew, for the reason. */
  readonly reject: (
    id: SessionId,
    rejection: { readonly reason: string; readonly answers?: PlanRef | undefined; readonly by: Requester }
  ) => Effect.Effect<Session, SessionNotFound | NothingToApprove | PlanReplaced | StoreError | SessionUnavailable>
  /** Tries again what the last turn was asked for, where that one failed or was stopped. `turn` is the one that was seen. */
  readonly retry: (
    id: SessionId,
    retry: { readonly turn?: number | undefined; readonly by: Requester }
  ) => Effect.Effect<Session, SessionNotFound | NothingToRetry | StoreError | SessionUnavailable>
  /** The newest collected diff; empty where there is none yet. */
  readonly diff: (id: SessionId) => Effect.Effect<string, SessionNotFound | StoreError>
  /** The terminal log as the bots upload it: one line an event. */
  readonly log: (id: SessionId) => Stream.Stream<string, SessionNotFound | StoreError>
}>() {}
