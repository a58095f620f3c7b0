/**
 * A platform as the follower sees it: how its messages look (`Renderer`), and how they are posted, edited and found
 * (`ChatPort`). What is shown when, and that it is shown once, is decided elsewhere, for all platforms.
 */
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Session, SessionNotFound } from "../../domain/Session.ts"
import { optional } from "../../domain/Wire.ts"
import type { ChatPlatform } from "../../services/store/ChatMemory.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import type { Notice } from "./Notice.ts"
import type { FileKind, Item, Posted } from "./Posted.ts"
import type { SessionFile } from "./SessionFiles.ts"
import type { TurnView } from "./TurnView.ts"

/** Why a call to the platform failed, as far as the follower needs to know. */
export class ChatFailure extends Schema.TaggedError<ChatFailure>()("ChatFailure", {
  reason: Schema.String,
  /** Whether a retry may succeed; if not, the turn cannot be shown there. */
  isRetryable: Schema.Boolean,
  /** Whether the call may have succeeded anyway, because only the acknowledgement is missing. */
  isInDoubt: Schema.Boolean,
  /** The minimum delay in milliseconds; if absent, the caller backs off. */
  retryAfterMillis: optional(Schema.NonNegative),
  /** The platform rejects the app as a whole: no watcher is updated until the delay is over. */
  isForEveryone: Schema.Boolean
}) {
  override get message() {
    return this.reason
  }
}

/** A turn to show, and what was posted of it so far. */
export interface Turn<Target> {
  /** Where to show it, as stored by the platform's requests. */
  readonly target: Target
  readonly session: Session
  readonly view: TurnView
  /** Epoch milliseconds. */
  readonly now: number
  readonly posted: Posted
}

/** What the status must make up for, because it is unknown whether other messages arrived. */
export interface Doubts {
  /** The status itself may have been posted before. */
  readonly isContinued: boolean
  readonly isPlanInDoubt: boolean
  readonly isCardInDoubt: boolean
  /** What the turn waits for now may not have been told. */
  readonly isNoticeInDoubt: boolean
}

/** How a turn looks on a platform. Pure. */
export interface Renderer<Target, Content> {
  /** The message that starts the thread, if the request left no message. */
  readonly opening: (turn: Turn<Target>) => Option.Option<Content>
  /** The message that is edited while the turn runs. A change of `state` is worth an immediate edit. */
  readonly status: (turn: Turn<Target>, doubts: Doubts) => { readonly content: Content; readonly state: string }
  /** A plan in as many messages as it needs; empty if it is no longer worth posting. */
  readonly plan: (turn: Turn<Target>, proposal: number) => ReadonlyArray<Content>
  /** What the turn waits for, or has waited for: one of the view's notices. */
  readonly notice: (turn: Turn<Target>, notice: Notice) => Content
  /** The turn's result, in as many messages as it needs. */
  readonly card: (turn: Turn<Target>) => ReadonlyArray<Content>
  /** The reaction for the request; undefined if it should not change. */
  readonly reaction: (view: TurnView) => string | undefined
}

/** `now`: the turn's state has changed. `spare`: only if nothing else needs the platform's rate limit. */
export type Urgency = "now" | "spare"

export interface ChatPort<Target, TargetWire, Content> {
  readonly platform: ChatPlatform
  readonly target: Schema.Schema<Target, TargetWire>
  readonly renderer: Renderer<Target, Content>
  /** The files of a finished turn, in order. */
  readonly files: ReadonlyArray<FileKind>
  /** Whether edits come last, because they count against a limit of the whole app. */
  readonly editsLast: boolean
  /** Deliveries in one lane run one after the other. By default each watcher has its own. */
  readonly laneOf?: (target: Target) => string
  /** Reads what earlier versions of OpenTL stored instead of `Posted`. */
  readonly readEarlier?: (stored: unknown) => Option.Option<Posted>

  /** Makes one attempt to post, and returns the message's id. Does not retry. */
  readonly post: (turn: Turn<Target>, item: Item, content: Content) => Effect.Effect<string, ChatFailure>
  /** Makes one attempt to upload, and returns the file's id; none if the platform does not permit it. */
  readonly upload: (
    turn: Turn<Target>,
    kind: FileKind,
    file: SessionFile
  ) => Effect.Effect<Option.Option<string>, ChatFailure>
  /** The id of an item whose acknowledgement was lost. Absent if the platform has no way to look it up. */
  readonly find?: (turn: Turn<Target>, item: Item) => Effect.Effect<Option.Option<string>, ChatFailure>
  readonly edit: (
    turn: Turn<Target>,
    id: string,
    content: Content,
    urgency: Urgency
  ) => Effect.Effect<"edited" | "gone", ChatFailure>
  /** Removes the buttons from a plan that no longer waits; `id` is its last message. */
  readonly closePlan: (turn: Turn<Target>, id: string, proposal: number) => Effect.Effect<void, ChatFailure>
  /** Sets the reaction on the request and removes the previous one. */
  readonly react: (turn: Turn<Target>, reaction: string, before: string | undefined) => Effect.Effect<void, ChatFailure>
  /** The content of a file; none if there is nothing to upload. */
  readonly file: (
    turn: Turn<Target>,
    kind: FileKind
  ) => Effect.Effect<Option.Option<SessionFile>, SessionNotFound | StoreError>
  /** Records which session a message belongs to. May be called twice for one message. */
  readonly remember: (turn: Turn<Target>, item: Item, id: string) => Effect.Effect<void, ChatFailure | StoreError>
  /** Shows a sign of work in progress, such as "typing", if the platform has one. */
  readonly showWorking?: (turn: Turn<Target>) => Effect.Effect<void>
}
