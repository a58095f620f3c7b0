/** The names under which Slack's channels, threads and messages are remembered. Pure. */
import type { Conversation } from "../shared/Conversations.ts"

const conversation = (key: string): Conversation => ({ platform: "slack", key })

export const channelKey = (channel: string): Conversation => conversation(channel)

/** A thread, by its first message. */
export const threadKey = (channel: string, thread: string): Conversation => conversation(`${channel}/${thread}`)

/** A message on which a reaction acts on a session: the request, or a status. */
export const messageKey = (channel: string, ts: string): Conversation => conversation(`message ${channel}/${ts}`)

/** The session that a person started last in a channel. */
export const latestKey = (channel: string, user: string): Conversation => conversation(`latest ${channel}/${user}`)
