/** The names under which Slack's threads and messages are remembered. Pure. */

/** A thread, by its first message. */
export const placeOfThread = (channel: string, thread: string): string => `${channel}/${thread}`

/** A message on which a reaction acts on a session: the request, or a status. */
export const placeOfMessage = (channel: string, ts: string): string => `message ${channel}/${ts}`

/** The session that a person started last in a channel. */
export const placeOfLatest = (channel: string, user: string): string => `latest ${channel}/${user}`
