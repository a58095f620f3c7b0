/** The keys under which data about Slack's channels, threads and messages is stored. Pure. */
import type { Conversation } from "../shared/Conversations.ts"

const conversation = (key: string): Conversation => ({ platform: "slack", key })

export const channelKey = (channel: string): Conversation => conversation(channel)

/** A thread, identified by its first message. */
export const threadKey = (channel: string, thread: string): Conversation => conversation(`${channel}/${thread}`)

/** A message whose reactions act on a session: the request or a status. */
export const messageKey = (channel: string, ts: string): Conversation => conversation(`message ${channel}/${ts}`)

/** The last session that a person started in a channel. */
export const latestKey = (channel: string, user: string): Conversation => conversation(`latest ${channel}/${user}`)
