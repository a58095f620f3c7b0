/**
 * The part of Slack's Web API and socket that the bot needs (`SlackWeb.ts` has the layer). The SDK is not visible
 * through it.
 */
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

/** A channel, or a thread in it. */
export interface SlackDestination {
  readonly channel: string
  readonly thread: string | undefined
}

export interface SlackContent {
  /** The text for notifications and screen readers; at most 4000 characters. */
  readonly text: string
  readonly blocks: ReadonlyArray<SlackBlock>
}

/** The metadata by which one of the bot's messages is found again. */
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
  /** The id of an organisation with several workspaces. */
  enterprise_id: Schema.optional(Schema.NullOr(Schema.String))
})
export type SlackIdentity = typeof Identity.Type

export interface SlackPerson {
  /** Their display name. */
  readonly name: string
  /** Their workspace and its organisation, if Slack tells. */
  readonly team: string | undefined
  readonly enterprise: string | undefined
}

export interface SlackTokens {
  readonly botToken: Redacted.Redacted
  readonly appToken: Redacted.Redacted
  readonly apiUrl: string
}

export class SlackClient extends Context.Tag("opentl/services/slack/SlackClient")<SlackClient, {
  /** The bot's identity. */
  readonly identity: Effect.Effect<SlackIdentity, SlackError>
  /**
   * Listens for envelopes, for the lifetime of the scope. `run` keeps the connection open, and fails only if the token
   * is rejected.
   */
  readonly listen: (
    connected: Effect.Effect<void>
  ) => Effect.Effect<
    { readonly envelopes: Queue.Dequeue<SlackEnvelope>; readonly run: Effect.Effect<never, SlackError> },
    never,
    Scope.Scope
  >
  /** Posts once, and returns the timestamp. Not retried: look for the mark first. */
  readonly post: (destination: SlackDestination, content: SlackContent, mark: Mark) => Effect.Effect<string, SlackError>
  /** Edits one of the bot's messages. */
  readonly update: (
    channel: string,
    ts: string,
    content: SlackContent,
    pace: Budget.Pace
  ) => Effect.Effect<void, SlackError>
  /** Uploads a text file into a thread. Not retried: look for the name first. */
  readonly upload: (
    destination: SlackDestination,
    file: { readonly name: string; readonly title: string; readonly content: string }
  ) => Effect.Effect<void, SlackError>
  /** The timestamp of the bot's message with this mark, if it was posted. */
  readonly find: (destination: SlackDestination, mark: Mark) => Effect.Effect<Option.Option<string>, SlackError>
  /** Whether a file with this name was uploaded to the thread. */
  readonly hasFile: (destination: SlackDestination, name: string) => Effect.Effect<boolean, SlackError>
  /** The messages of a thread, oldest first, at most a thousand. */
  readonly replies: (channel: string, thread: string) => Effect.Effect<ReadonlyArray<SlackMessage>, SlackError>
  /** Sends a message that only one person sees. */
  readonly whisper: (destination: SlackDestination, user: string, text: string) => Effect.Effect<void, SlackError>
  /** Replies to a slash command after its acknowledgement, at the URL that came with it. */
  readonly respond: (
    responseUrl: string,
    answer: Readonly<Record<string, unknown>>
  ) => Effect.Effect<void, SlackError>
  /** Adds a reaction. An existing reaction is not an error, nor is a deleted message. */
  readonly react: (channel: string, ts: string, name: string, pace: Budget.Pace) => Effect.Effect<void, SlackError>
  readonly unreact: (channel: string, ts: string, name: string, pace: Budget.Pace) => Effect.Effect<void, SlackError>
  readonly openView: (triggerId: string, view: SlackView) => Effect.Effect<void, SlackError>
  readonly publishHome: (user: string, view: SlackView) => Effect.Effect<void, SlackError>
  /** A person's name and workspace, or only their id if that is unavailable. Cached for ten minutes. */
  readonly person: (user: string) => Effect.Effect<SlackPerson>
  /** The name of a channel, or its id if that is unavailable. Cached for ten minutes. */
  readonly channelName: (channel: string) => Effect.Effect<string>
  /** Whether the bot may write in the channel. */
  readonly isMember: (channel: string) => Effect.Effect<boolean, SlackError>
}>() {}
