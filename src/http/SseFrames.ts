/** Server-sent events that carry no event of a session. */

/** A comment, which only shows that the connection is alive. */
export const comment: Uint8Array = Buffer.from(": opentl\n\n")
