/**
 * What a platform is to the follower: how its messages look (`Renderer`), and how they are posted, edited and found
 * (`ChatPort`). What is shown when, and that each thing is shown once, is decided elsewhere, for all platforms.
 */
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Session, SessionNotFound } from "../../domain/Session.ts"
import { optional } from "../../domain/Wire.ts"
import type { ChatPlatform } from "../../services/store/ChatMemory.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import type { FileKind, Item, Posted } from "./Posted.ts"
import type { SessionFile } from "./SessionFiles.ts"
import type { TurnView } from "./TurnView.ts"

/** Why a call to the platform failed, as far as the follower must know. */
export class ChatFailure extends Schema.TaggedError<ChatFailure>()("ChatFailure", {
  reason: Schema.String,
  /** Whether the same may succeed later; else the turn cannot be shown there. */
  isRetryable: Schema.Boolean,
  /** Whether it may have been done all the same: the acknowledgement is missing. */
  isInDoubt: Schema.Boolean,
  /** The least to wait, in milliseconds; a back-off where absent. */
  retryAfterMillis: optional(Schema.NonNegative),
  /** The platform refuses the app as a whole: nobody is told anything until then. */
  isForEveryone: Schema.Boolean
}) {
  override get message() {
    return this.reason
  }
}

/** A turn that is to be shown, and what was posted of it so far. */
export interface Turn<Target> {
  /** Where, as the platform's requests wrote it. */
  readonly target: Target
  readonly session: Session
  readonly view: TurnView
  /** Epoch milliseconds. */
  readonly now: number
  readonly posted: Posted
}

/** What the status must make up for, since nobody knows whether other messages arrived. */
export interface Doubts {
  /** The status itself was posted before, perhaps. */
  readonly isContinued: boolean
  readonly isPlanInDoubt: boolean
  readonly isCardInDoubt: boolean
}

/** How a turn looks on a platform. Pure. */
export interface Renderer<Target, Content> {
  /** What a thread hangs from, where the request left no message of its own. */
  readonly opening: (turn: Turn<Target>) => Option.Option<Content>
  /** The message that is edited while the turn is at work. An edit is made at once where `state` has changed. */
  readonly status: (turn: Turn<Target>, doubts: Doubts) => { readonly content: Content; readonly state: string }
  /** A plan as it is to be posted now, in as many messages as it takes; none where it is not worth it any more. */
  readonly plan: (turn: Turn<Target>, proposal: number) => ReadonlyArray<Content>
  /** How the turn ended, in as many messages as it takes. */
  readonly card: (turn: Turn<Target>) => ReadonlyArray<Content>
  /** The reaction that the request is to have; nothing where it stays as it is. */
  readonly reaction: (view: TurnView) => string | undefined
}

/** `now`: the turn's state has changed. `spare`: only where nothing else needs the platform's limits. */
export type Urgency = "now" | "spare"

export interface ChatPort<Target, TargetWire, Content> {
  readonly platform: ChatPlatform
  readonly target: Schema.Schema<Target, TargetWire>
  readonly renderer: Renderer<Target, Content>
  /** The files of a turn that is over, in their order. */
  readonly files: ReadonlyArray<FileKind>
  /** Edits count against a limit of the whole app, so what is new goes before them. */
  readonly editsLast: boolean
  /** Deliveries in one lane are made one after the other. By default each watcher has its own. */
  readonly laneOf?: (target: Target) => string
  /** Reads what earlier versions of OpenTL stored instead of `Posted`. */
  readonly readEarlier?: (stored: unknown) => Option.Option<Posted>

  /** Posts once, and returns the message's id. Never repeated in here. */
  readonly post: (turn: Turn<Target>, item: Item, content: Content) => Effect.Effect<string, ChatFailure>
  /** Uploads once, and returns the file's id; none where the platform does not let us. */
  readonly upload: (
    turn: Turn<Target>,
    kind: FileKind,
    file: SessionFile
  ) => Effect.Effect<Option.Option<string>, ChatFailure>
  /** The id of what was posted, though its acknowledgement was lost. Absent where a platform cannot be asked that. */
  readonly find?: (turn: Turn<Target>, item: Item) => Effect.Effect<Option.Option<string>, ChatFailure>
  readonly edit: (
    turn: Turn<Target>,
    id: string,
    content: Content,
    urgency: Urgency
  ) => Effect.Effect<"edited" | "gone", ChatFailure>
  /** Takes the buttons off a plan that does not wait any more; `id` is its last message. */
  readonly closePlan: (turn: Turn<Target>, id: string, proposal: number) => Effect.Effect<void, ChatFailure>
  /** Puts a reaction on the request, and takes the earlier one away. */
  readonly react: (turn: Turn<Target>, reaction: string, before: string | undefined) => Effect.Effect<void, ChatFailure>
  /** The content of a file; none where there is nothing to be uploaded. */
  readonly file: (
    turn: Turn<Target>,
    kind: FileKind
  ) => Effect.Effect<Option.Option<SessionFile>, SessionNotFound | StoreError>
  /** Notes which session a message belongs to. It may be told twice of one. */
  readonly remember: (turn: Turn<Target>, item: Item, id: string) => Effect.Effect<void, ChatFailure | StoreError>
  /** Shows that somebody is at work, where a platform has a sign for it. */
  readonly showWorking?: (turn: Turn<Target>) => Effect.Effect<void>
}
