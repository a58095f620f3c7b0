/** What a platform gives to the follower, and how showing can fail. */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { SessionId } from "../../domain/Ids.ts"
import { optional } from "../../domain/Wire.ts"
import type { ChatPlatform } from "../../services/store/ChatMemory.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import type { TurnView } from "./TurnView.ts"

/** Not now: a rate limit, a failure that may pass, or a budget that is used up. It is shown later, with what came since. */
export class ShowLater extends Schema.TaggedError<ShowLater>()("ShowLater", {
  reason: Schema.String,
  /** The least to wait; a back-off where absent. */
  millis: optional(Schema.NonNegative),
  /** The platform limits the app as a whole: nobody is told anything until then. */
  everyone: Schema.Boolean
}) {
  override get message() {
    return this.reason
  }
}

/** Never: the channel is gone, the bot was put out. Logged once; what was to be told is passed over. */
export class ShowImpossible extends Schema.TaggedError<ShowImpossible>()("ShowImpossible", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

export interface Showing<Target, Own> {
  readonly sessionId: SessionId
  readonly target: Target
  /** What stands in the chat, as the platform kept it; `undefined` before anything does. */
  readonly own: Own | undefined
  readonly view: TurnView
  /** Epoch milliseconds. */
  readonly now: number
  /** Nothing happened but time: worth an edit of the elapsed time, and nothing else. */
  readonly isRefresh: boolean
  /** Keeps what stands now, durably: to be called with each visible effect. */
  readonly keep: (own: Own) => Effect.Effect<void, StoreError>
}

/** What differs between platforms. */
export interface ChatView<Target, TargetWire, Own, OwnWire> {
  readonly platform: ChatPlatform
  readonly target: Schema.Schema<Target, TargetWire>
  readonly own: Schema.Schema<Own, OwnWire>
  /** Deliveries to one place are made one after the other. By default each watcher is a place of its own. */
  readonly placeOf?: (target: Target) => string
  /** Makes what stands match the view. It is repeated after a crash, so each of its effects is known for done by `own`. */
  readonly show: (
    showing: Showing<Target, Own>
  ) => Effect.Effect<void, ShowLater | ShowImpossible | StoreError>
}
