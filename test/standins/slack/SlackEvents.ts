/** The events that Slack's Events API tells an app, as it writes them. */
import type { JsonObject } from "./SlackJson.ts"
import { imOf, type SlackMessage, type SlackState, type SlackView } from "./SlackState.ts"
import { messageWire, viewWire } from "./SlackWire.ts"

const channelType = (state: SlackState, channel: string) =>
  state.channels.find((each) => each.id === channel)?.kind ?? "channel"

/** `message`: anything said where the app listens, by the app itself too. */
export const messagePosted = (state: SlackState, message: SlackMessage): JsonObject => ({
  ...messageWire(state, message, false),
  channel: message.channel,
  channel_type: channelType(state, message.channel),
  event_ts: message.ts,
  type: "message"
})

/** `app_mention`: the same message told a second time, because it names the app. */
export const appMention = (state: SlackState, message: SlackMessage): JsonObject => ({
  ...messageWire(state, message, false),
  channel: message.channel,
  event_ts: message.ts,
  type: "app_mention"
})

/** `message_changed`, for an edit by anyone. */
export const messageChanged = (
  state: SlackState,
  message: SlackMessage,
  previous: JsonObject,
  ts: string
): JsonObject => ({
  channel: message.channel,
  channel_type: channelType(state, message.channel),
  event_ts: ts,
  hidden: true,
  message: messageWire(state, message, false),
  previous_message: previous,
  subtype: "message_changed",
  ts,
  type: "message"
})

export const messageDeleted = (state: SlackState, message: SlackMessage, ts: string): JsonObject => ({
  channel: message.channel,
  channel_type: channelType(state, message.channel),
  deleted_ts: message.ts,
  event_ts: ts,
  hidden: true,
  previous_message: messageWire(state, message, false),
  subtype: "message_deleted",
  ts,
  type: "message"
})

/** `reaction_added` and `reaction_removed`. */
export const reactionChanged = (
  type: "reaction_added" | "reaction_removed",
  message: SlackMessage,
  reaction: string,
  user: string,
  eventTs: string
): JsonObject => ({
  event_ts: eventTs,
  item: { channel: message.channel, ts: message.ts, type: "message" },
  item_user: message.user,
  reaction,
  type,
  user
})

/** `app_home_opened`; with the view where one was published before. */
export const appHomeOpened = (user: string, view: SlackView | undefined, eventTs: string): JsonObject => ({
  channel: imOf(user),
  event_ts: eventTs,
  tab: "home",
  type: "app_home_opened",
  user,
  ...(view === undefined ? {} : { view: viewWire(view) })
})
