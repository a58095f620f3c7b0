/** The names under which Slack's threads and messages are remembered. */

/** A thread, by its first message. */
export const placeOfThread = (channel: string, thread: string): string => `${channel}/${thread}`

/** A message on which a reaction acts on a session: the request, or a status. */
export const placeOfMessage = (channel: string, ts: string): string => `message ${channel}/${ts}`
