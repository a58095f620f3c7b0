/** Slack's Web API and its socket, as far as the bot needs them (`SlackWeb.ts` has the layer). No SDK is seen through it. */
import type { KnownBlock, View } from "@slack/web-api"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Queue from "effect/Queue"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Budget from "./SlackBudget.ts"
import { SlackError } from "./SlackFailure.ts"
import type { SlackEnvelope } from "./SlackSocket.ts"

export type { SlackEnvelope }
export { SlackError }

export type SlackBlock = KnownBlock
export type SlackView = View

/** A message in the channel, or in a thread of it. */
export interface SlackDestination {
  readonly channel: string
  readonly thread: string | undefined
}

export interface SlackContent {
  /** What notifications and screen readers say; at most 4000 characters. */
  readonly text: string
  readonly blocks: ReadonlyArray<SlackBlock>
}

/** By what a message of ours is found again. */
export const Mark = Schema.Struct({ session: Schema.String, turn: Schema.Number, kind: Schema.String })
export type Mark = typeof Mark.Type

export const Message = Schema.Struct({
  ts: Schema.String,
  user: Schema.optional(Schema.String),
  text: Schema.optionalWith(Schema.String, { default: () => "" }),
  metadata: Schema.optional(
    Schema.Struct({ event_type: Schema.optional(Schema.String), event_payload: Schema.Unknown })
  ),
  files: Schema.optional(Schema.Array(Schema.Struct({ name: Schema.optional(Schema.NullOr(Schema.String)) })))
})
export type SlackMessage = typeof Message.Type

export const Identity = Schema.Struct({
  user_id: Schema.String,
  user: Schema.String,
  team: Schema.String,
  team_id: Schema.optional(Schema.String),
  /** Of an organisation with several workspaces. */
  enterprise_id: Schema.optional(Schema.NullOr(Schema.String))
})
export type SlackIdentity = typeof Identity.Type

export interface SlackPerson {
  /** The name that they go by. */
  readonly name: string
  /** Their workspace, and its organisation, where Slack says so. */
  readonly team: string | undefined
  readonly enterprise: string | undefined
}

export interface SlackTokens {
  readonly botToken: Redacted.Redacted
  readonly appToken: Redacted.Redacted
  readonly apiUrl: string
}

export class SlackClient extends Context.Tag("opentl/services/slack/SlackClient")<SlackClient, {
  /** Who the bot is. */
  readonly identity: Effect.Effect<SlackIdentity, SlackError>
  /** Envelopes, for as long as the scope; `run` keeps the connection and fails only where the token is refused. */
  readonly listen: (
    connected: Effect.Effect<void>
  ) => Effect.Effect<
    { readonly envelopes: Queue.Dequeue<SlackEnvelope>; readonly run: Effect.Effect<never, SlackError> },
    never,
    Scope.Scope
  >
  /** Posts once, and returns the timestamp. Not repeated: look for the mark first. */
  readonly post: (destination: SlackDestination, content: SlackContent, mark: Mark) => Effect.Effect<string, SlackError>
  /** Edits a message of ours. */
  readonly update: (
    channel: string,
    ts: string,
    content: SlackContent,
    pace: Budget.Pace
  ) => Effect.Effect<void, SlackError>
  /** Uploads a text file into a thread. Not repeated: look for the name first. */
  readonly upload: (
    destination: SlackDestination,
    file: { readonly name: string; readonly title: string; readonly content: string }
  ) => Effect.Effect<void, SlackError>
  /** The timestamp of our message with this mark, if it was posted. */
  readonly find: (destination: SlackDestination, mark: Mark) => Effect.Effect<Option.Option<string>, SlackError>
  /** Whether a file of that name was uploaded into the thread. */
  readonly hasFile: (destination: SlackDestination, name: string) => Effect.Effect<boolean, SlackError>
  /** The messages of a thread, oldest first, at most a thousand. */
  readonly replies: (channel: string, thread: string) => Effect.Effect<ReadonlyArray<SlackMessage>, SlackError>
  /** Says something to one person only. */
  readonly whisper: (destination: SlackDestination, user: string, text: string) => Effect.Effect<void, SlackError>
  /** Replies to a slash command later than its acknowledgement, at the address that came with it. */
  readonly respond: (
    responseUrl: string,
    answer: Readonly<Record<string, unknown>>
  ) => Effect.Effect<void, SlackError>
  /** A reaction that is there already is no error, nor is a message that is gone. */
  readonly react: (channel: string, ts: string, name: string, pace: Budget.Pace) => Effect.Effect<void, SlackError>
  readonly unreact: (channel: string, ts: string, name: string, pace: Budget.Pace) => Effect.Effect<void, SlackError>
  readonly openView: (triggerId: string, view: SlackView) => Effect.Effect<void, SlackError>
  readonly publishHome: (user: string, view: SlackView) => Effect.Effect<void, SlackError>
  /** Who a person is; by their id alone where more cannot be had. Kept for ten minutes. */
  readonly person: (user: string) => Effect.Effect<SlackPerson>
  /** The name of a channel; the id where it cannot be had. Kept for ten minutes. */
  readonly channelName: (channel: string) => Effect.Effect<string>
  /** Whether the bot may write there. */
  readonly isMember: (channel: string) => Effect.Effect<boolean, SlackError>
}>() {}
